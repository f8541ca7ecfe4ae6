// SPDX-License-Identifier: BSD-3-Clause
// Where the loader puts what a Linux kernel reads at its start: below 1 MiB, where no kernel is
// loaded. Linux takes its own copies, then uses this memory as any other.
//
//   0x1000    GDT
//   0x2000    zero page, or PVH's start info with its lists
//   0x4000    page tables, 6 pages
//   0x20000   command line, up to 64 KiB
//   0x9fc00   end of the RAM below 1 MiB, as on a PC with a BIOS
//   0xe0000   ACPI tables, up to 64 KiB: where kernels look for them that nobody told
//   0xffff0   the code that a CPU in real mode jumps to for a reset
#pragma once

#include <cstdint>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmm::low_memory {

inline constexpr GuestAddress kGdt{0x1000};
inline constexpr GuestAddress kBootInfo{0x2000};
inline constexpr GuestAddress kPageTables{0x4000};
inline constexpr GuestAddress kCommandLine{0x2'0000};
inline constexpr uint64_t kCommandLineRoom = 64 << 10;  // bytes, with the NUL
inline constexpr GuestAddress kEnd{0x9'fc00};
inline constexpr GuestAddress kAcpi{0xe'0000};
inline constexpr uint64_t kAcpiRoom = 64 << 10;
inline constexpr GuestAddress kResetVector{0xf'fff0};

}  // namespace vm_control::vmm::low_memory
