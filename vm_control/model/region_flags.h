// SPDX-License-Identifier: BSD-3-Clause
// How the guest may use a region of memory, and whether KVM records its writes: the same from
// MapMemory to KVM's memory slots.
#pragma once

namespace vm_control {

struct RegionFlags {
  // The guest can't write to the memory: a write leaves the guest as MMIO.
  bool read_only = false;
  // KVM keeps a bitmap of the pages that the guest wrote.
  bool log_dirty = false;

  bool operator==(const RegionFlags&) const = default;
};

}  // namespace vm_control
