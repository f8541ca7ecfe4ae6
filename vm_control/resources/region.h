// SPDX-License-Identifier: BSD-3-Clause
// A stretch of device memory: what is where, and whose it is.
#pragma once

#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/user.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/slot.h"

namespace vm_control {

struct Region {
  GuestRange range;
  Slot slot;
  Handle handle;
  Owner owner;
  bool read_only = false;
  bool log_dirty = false;
  bool quarantined = false;
  Charge charge;
  // Where the memory comes from, as long as that can shrink: then it is watched.
  UniqueFd shrinkable;
  uint64_t offset = 0;
  // Lets go of the memory; without one, that is waited for.
  std::shared_ptr<User> user;

  // Lets go of all that keeps the memory: of `mapping`, and of what is watched.
  void let_go(MemoryMapping mapping);

  // What the protocol tells of it.
  RegionInfo info() const;
};

// Who wants to know what becomes of regions.
class RegionObserver {
 public:
  virtual void on_region_added(const Region& region) = 0;
  virtual void on_region_removed(const Region& region) = 0;
  virtual void on_region_quarantined(const Region& region) = 0;

 protected:
  ~RegionObserver() = default;
};

}  // namespace vm_control
