// SPDX-License-Identifier: BSD-3-Clause
// The notes of an ELF file, of which one tells where PVH enters a kernel.
//
// Source: XEN_ELFNOTE_PHYS32_ENTRY in elfnote.h of Xen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

// The physical address of the 32-bit entry, if one of the notes tells it.
//
// notes      the content of a segment of type PT_NOTE.
// alignment  the segment's: a note and its description start at multiples of 8 if it is 8,
//            otherwise of 4.
// Errors: ENOEXEC (a note ends past the segment, or the address is neither of 4 nor of 8 bytes).
Result<std::optional<GuestAddress>> pvh_entry(std::span<const std::byte> notes, uint64_t alignment);

}  // namespace vm_control::vmm
