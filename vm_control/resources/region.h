// SPDX-License-Identifier: BSD-3-Clause
// A region of device memory: its place, its owner and its source.
#pragma once

#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/user.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/unique_fd.h"
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
  bool quarantined = false;
  Charge charge;
  // The file of the memory, if it can shrink: then it is watched. `offset` is in bytes.
  UniqueFd shrinkable;
  uint64_t offset = 0;
  // The user whose worker releases the memory; if null, the loop's thread does.
  std::shared_ptr<User> user;

  // Releases all that keeps the memory: `mapping`, and the file that is watched.
  void release(MemoryMapping mapping);

  // As the protocol describes the region.
  RegionInfo info() const;
};

// Hears what becomes of regions.
class RegionObserver {
 public:
  virtual void on_region_added(const Region& region) = 0;
  virtual void on_region_removed(const Region& region) = 0;
  virtual void on_region_quarantined(const Region& region) = 0;

 protected:
  ~RegionObserver() = default;
};

}  // namespace vm_control
