// SPDX-License-Identifier: BSD-3-Clause
// The memory map that a guest gets: what of its physical addresses is RAM, and what is in use.
//
// Source: ACPI 6.5, 15 "System Address Map Interfaces".
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/memory/guest_layout.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

// Linux's numbers, which PVH shares.
enum class E820Type : uint32_t { kRam = 1, kReserved = 2, kAcpi = 3 };

struct E820Entry {
  GuestRange range;
  E820Type type;

  bool operator==(const E820Entry&) const = default;
};

// The map of a machine, by address: its RAM, but for the end of the first MiB, where the ACPI
// tables are. Reserved are the 32-bit hole, where controllers, virtio devices and doorbells are,
// and all device memory.
//
// layout  has RAM up to 1 MiB at least.
std::vector<E820Entry> e820_of(const GuestLayout& layout);

}  // namespace vm_control::vmm
