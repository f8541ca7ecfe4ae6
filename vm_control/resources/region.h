// SPDX-License-Identifier: BSD-3-Clause
// A region of device memory, as it was at some moment: a copy, which does not follow the original.
#pragma once

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/owner.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/slot.h"

namespace vm_control {

struct Region {
  GuestRange range;
  Slot slot;
  Handle handle;
  Owner owner;
  RegionFlags flags;
  bool detached = false;     // it outlives the session that registered it
  bool shrinkable = false;   // its sender can take the memory away
  bool quarantined = false;  // that has happened: the guest sees filler
  Resources charged;

  // As the protocol describes the region.
  RegionInfo info() const;
};

// Hears what becomes of regions, in the order in which it happens.
class RegionObserver {
 public:
  // Called under the lock of the regions: these make no system call and do not wait.
  virtual void on_region_added(const Region& region) = 0;
  virtual void on_region_removed(const Region& region) = 0;
  virtual void on_region_quarantined(const Region& region) = 0;

  // Called without the lock, after one or more of the above, on the same thread.
  virtual void on_regions_changed() = 0;

 protected:
  ~RegionObserver() = default;
};

}  // namespace vm_control
