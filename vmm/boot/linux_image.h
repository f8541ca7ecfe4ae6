// SPDX-License-Identifier: BSD-3-Clause
// A Linux kernel as the bytes of its file describe it: what goes where in guest memory, and how the
// first vCPU enters it.
//
// Pure functions over bytes, which may be damaged or hostile. Nothing is copied: an image refers to
// the bytes of its file, which outlive it.
#pragma once

#include <asm/bootparam.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

struct LinuxImage {
  enum class Entry {
    k64Bit,  // the 64-bit boot protocol: long mode, RSI is the address of the zero page
    kPvh,    // PVH: 32-bit protected mode without paging, EBX is the address of the start info
  };

  struct Segment {
    // The memory that it needs until the kernel has read its memory map, zero after the content.
    GuestRange range;
    std::span<const std::byte> content;
  };

  // No kernel needs memory below 1 MiB, where the loader puts its tables, or past 4 GiB, where they
  // do not reach.
  static constexpr uint64_t kLowest = uint64_t{1} << 20;
  static constexpr uint64_t kEnd = uint64_t{4} << 30;

  std::vector<Segment> segments;  // by address, without overlaps, between kLowest and kEnd
  Entry how = Entry::k64Bit;
  GuestAddress entry;              // in the content of a segment
  GuestAddress initrd_last;        // the highest address that a byte of the initrd may have
  uint32_t command_line_size = 0;  // the most bytes of a command line, without its NUL
  setup_header header{};           // the zero page's, to which the loader adds its own fields
};

// Describes a bzImage or an ELF kernel. Sources: those of bz_image.h and elf_image.h.
//
// Errors  ENOEXEC  it is no kernel for x86-64, too old (before Linux 3.8), compressed, truncated or
//                  damaged: the message says which.
//         EFBIG    it asks for more memory than there is below 4 GiB.
Result<LinuxImage> parse_linux_image(std::span<const std::byte> file);

}  // namespace vm_control::vmm
