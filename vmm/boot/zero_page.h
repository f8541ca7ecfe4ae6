// SPDX-License-Identifier: BSD-3-Clause
// The zero page, by which the 64-bit boot protocol tells Linux about its machine.
//
// Source: Documentation/arch/x86/boot.rst and zero-page.rst of Linux.
#pragma once

#include <asm/bootparam.h>

#include <optional>
#include <span>

#include "vm_control/model/guest_address.h"
#include "vm_control/model/guest_range.h"
#include "vmm/boot/e820.h"

namespace vm_control::vmm {

// The loader has put these into guest memory beside the kernel, below 4 GiB; both protocols tell
// of them.
struct BootInfo {
  GuestAddress command_line;
  std::optional<GuestRange> initrd;
  GuestAddress rsdp;
  std::span<const E820Entry> memory_map;  // at most 128 entries
};

// The zero page of a kernel with the header `header`.
boot_params zero_page(const setup_header& header, const BootInfo& info);

}  // namespace vm_control::vmm
