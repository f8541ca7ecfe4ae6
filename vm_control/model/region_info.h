// SPDX-License-Identifier: BSD-3-Clause
// What NextRegion and the events tell of a stretch of the guest's physical address space.
#pragma once

#include <cstdint>

#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/slot.h"

namespace vm_control {

// Bits of RegionInfo::flags. The first four are those of MapMemory.
enum RegionInfoFlag : uint32_t {
  kRegionReadOnly = 1u << 0,
  kRegionDetached = 1u << 2,  // belongs to the VM: it outlives every session
  kRegionLogDirty = 1u << 3,
  kRegionQuarantined = 1u << 4,  // its memory vanished: the guest sees filler
  // Of the layout (NextRegion with `layout`), instead of a region:
  kLayoutRam = 1u << 8,
  kLayoutHole = 1u << 9,     // kept free for the interrupt controllers and KVM
  kLayoutWindow = 1u << 10,  // where regions go
};

struct RegionInfo {
  GuestAddress address;
  uint64_t size = 0;  // bytes
  Handle handle;
  uint32_t flags = 0;      // of RegionInfoFlag
  uint32_t owner_pid = 0;  // who registered it
  uint32_t owner_uid = 0;
  Slot slot;

  bool operator==(const RegionInfo&) const = default;
};

}  // namespace vm_control
