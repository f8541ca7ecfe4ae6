// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/bz_image.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>

#include "vm_control/base/try.h"
#include "vmm/boot/image_error.h"

namespace vm_control::vmm {
namespace {

constexpr size_t kHeaderOffset = offsetof(boot_params, hdr);
// The header ends where the jump at its start, over it, leads: its size grew with the protocol.
constexpr size_t kJumpOffset = kHeaderOffset + offsetof(setup_header, jump);
constexpr size_t kHeaderStart = kJumpOffset + 2;
constexpr uint64_t kSector = 512;
constexpr uint64_t k64BitEntry = 0x200;  // from the start of the protected-mode code

std::string version_text(uint16_t version) {
  std::string minor = std::to_string(version & 0xff);
  return std::to_string(version >> 8) + (minor.size() < 2 ? ".0" : ".") + minor;
}

// The header as this protocol knows it: fields that the file's does not have are 0.
Result<setup_header> read_header(std::span<const std::byte> file) {
  size_t end = kHeaderStart + std::to_integer<size_t>(file[kHeaderStart - 1]);
  end = std::min(end, kHeaderOffset + sizeof(setup_header));
  if (end > file.size()) return bad_kernel("is truncated in its header");
  setup_header header{};
  std::memcpy(&header, file.data() + kHeaderOffset, end - kHeaderOffset);
  return header;
}

Result<void> check_header(const setup_header& header) {
  if (header.version < kOldestVersion) {
    return bad_kernel("has version " + version_text(header.version) +
                      " of the boot protocol, and needs " + version_text(kOldestVersion) +
                      " or later, which is Linux 3.8");
  }
  if (!(header.xloadflags & XLF_KERNEL_64)) return bad_kernel("is a 32-bit kernel");
  if (!(header.loadflags & LOADED_HIGH)) return bad_kernel("is a zImage, to be loaded below 1 MiB");
  if (!std::has_single_bit(header.kernel_alignment)) return bad_kernel("has a damaged alignment");
  return {};
}

Result<std::span<const std::byte>> protected_mode_code(std::span<const std::byte> file,
                                                       const setup_header& header) {
  constexpr uint64_t kSetupSectorsOfOld = 4;  // what 0 means
  constexpr uint64_t kUnit = 16;
  uint64_t sectors = header.setup_sects ? header.setup_sects : kSetupSectorsOfOld;
  uint64_t start = (sectors + 1) * kSector;  // the boot sector is another one
  uint64_t size = header.syssize * kUnit;
  if (start > file.size() || size > file.size() - start) {
    return bad_kernel("is truncated: " + std::to_string(file.size()) + " of " +
                      std::to_string(start + size) + " bytes");
  }
  if (size <= k64BitEntry) return bad_kernel("has no code for 64-bit mode");
  return file.subspan(start, size);
}

Result<GuestRange> memory_of(const setup_header& header, uint64_t content_size) {
  // A copy: the field of the packed structure is not aligned.
  uint64_t preferred = header.pref_address;
  auto start = GuestAddress(std::max(preferred, LinuxImage::kLowest))
                   .checked_align_up(header.kernel_alignment);
  uint64_t size = std::max(uint64_t{header.init_size}, content_size);
  if (!start || start->value() >= LinuxImage::kEnd || size > LinuxImage::kEnd - start->value()) {
    return bad_kernel("asks for memory past 4 GiB", EFBIG);
  }
  return GuestRange::create(*start, size);
}

}  // namespace

bool is_bz_image(std::span<const std::byte> file) {
  if (file.size() < kHeaderStart + sizeof(setup_header::header)) return false;
  setup_header header{};
  std::memcpy(&header, file.data() + kHeaderOffset,
              offsetof(setup_header, header) + sizeof header.header);
  return header.boot_flag == kBootFlag && header.header == kHeaderMagic;
}

Result<LinuxImage> parse_bz_image(std::span<const std::byte> file) {
  if (!is_bz_image(file)) return bad_kernel("is no bzImage");
  setup_header header = TRY(read_header(file));
  TRY(check_header(header));
  auto code = TRY(protected_mode_code(file, header));
  GuestRange memory = TRY(memory_of(header, code.size()));
  LinuxImage image;
  image.segments.push_back({.range = memory, .content = code});
  image.entry = GuestAddress(memory.start().value() + k64BitEntry);
  image.initrd_last = GuestAddress(header.initrd_addr_max);
  image.command_line_size = header.cmdline_size;
  image.header = header;
  return image;
}

}  // namespace vm_control::vmm
