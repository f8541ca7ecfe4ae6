// SPDX-License-Identifier: BSD-3-Clause
// A region of device memory, or a part of the layout, as NextRegion and the events describe it.
#pragma once

#include <cstdint>

#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/slot.h"

namespace vm_control {

// Bits of RegionInfo::flags. Bits 0 to 3 mean what they mean in MapMemory.
enum RegionInfoFlag : uint32_t {
  kRegionReadOnly = 1u << 0,
  kRegionDetached = 1u << 2,  // it belongs to the VM and outlives every session
  kRegionLogDirty = 1u << 3,
  kRegionQuarantined = 1u << 4,  // its memory vanished, and filler replaced it
  // These describe a part of the layout, not a region:
  kLayoutRam = 1u << 8,
  kLayoutHole = 1u << 9,            // kept free for interrupt controllers and KVM
  kLayoutWindow = 1u << 10,         // regions are placed here
  kLayoutMemslots = 1u << 11,       // and regions that are read-only or keep a dirty log here
  kLayoutDoorbells = 1u << 12,      // ioevents may be here
  kLayoutDoorbellPorts = 1u << 13,  // and here: address and size count ports
  kLayoutInterrupts = 1u << 14,     // for irqfds: address is the first GSI, size how many there are
};

struct RegionInfo {
  GuestAddress address;
  uint64_t size = 0;  // bytes
  Handle handle;
  uint32_t flags = 0;      // of RegionInfoFlag
  uint32_t owner_pid = 0;  // of the process that registered it
  uint32_t owner_uid = 0;
  Slot slot;

  bool operator==(const RegionInfo&) const = default;
};

}  // namespace vm_control
