// SPDX-License-Identifier: BSD-3-Clause
// The memory that devices share with a guest: which is where, under which slot.
//
// Addresses come from a window of the guest's physical address space, first fit, and are used
// again. Everything that can be checked is checked before anything is changed, and every failure
// rolls back whole.
// Threads: not synchronised; the control thread owns the only instance.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/control/memory_backing.h"
#include "vm_control/memory/guest_range.h"
#include "vm_control/memory/range_allocator.h"
#include "vm_control/memory/slot.h"
#include "vm_control/memory/slot_table.h"

namespace vm_control {

class DeviceMemory {
 public:
  struct Region {
    GuestRange range;
    Slot slot;
  };

  // window      where regions go; both ends are multiples of kPageSize.
  // first_slot  the lowest slot that is not RAM's; `slot_count` follow.
  // backing     outlives this.
  DeviceMemory(GuestRange window, Slot first_slot, uint32_t slot_count, MemoryBacking& backing)
      : addresses_(window),
        slots_(first_slot, slot_count),
        first_slot_(first_slot),
        backing_(backing) {}

  // Shows the guest the first `size` bytes of `fd`, which may be closed after. Regions of 2 MiB and
  // more start at a 2 MiB boundary, so that huge pages can back them.
  //
  // Errors  EINVAL, EBADF, EACCES, ENODEV  as check_memory_source() says.
  //         EPERM   a seal forbids writing.
  //         ENOSPC  no free address range is big enough, or no slot is free.
  //         what the hypervisor says.
  Result<Region> add(int fd, uint64_t size);

  // Takes the region of `slot` away; its addresses and its slot are free again.
  // Errors: ENOENT (no such region), what the hypervisor says; then it is still there, whole.
  Result<void> remove(Slot slot);

  uint32_t count() const { return slots_.taken(); }
  uint64_t free_bytes() const { return addresses_.free_bytes(); }

 private:
  std::optional<GuestRange>& range_of(Slot slot);

  RangeAllocator addresses_;
  SlotTable slots_;
  Slot first_slot_;
  std::vector<std::optional<GuestRange>> ranges_;  // by slot, from first_slot_ on
  MemoryBacking& backing_;
};

}  // namespace vm_control
