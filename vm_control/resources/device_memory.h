// SPDX-License-Identifier: BSD-3-Clause
// The memory that devices share with a guest: its regions, by address, slot and handle.
//
// Addresses come from a window of the guest's physical address space, first fit, and are used
// again. DeviceMemory checks everything that can be checked before it changes anything, and every
// failure rolls back whole.
//
// A short lock guards the table of regions. Memory is checked, mapped and unmapped without the
// lock, on the thread of the caller: so who sends memory that takes its time keeps only itself
// waiting.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/mount_table.h"
#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/slot.h"
#include "vm_control/resources/memory_mapper.h"
#include "vm_control/resources/region.h"

namespace vm_control {

class DeviceMemory {
 public:
  // The region to add.
  struct RegionSpec {
    MemorySource source;
    SealPolicy seal_policy = SealPolicy::kPrefer;
    std::optional<GuestAddress> at;  // if empty, add() chooses the address
    Owner owner;
    bool detached = false;
  };

  // window      holds the regions; both ends are multiples of kPageSize.
  // first_slot  the lowest slot above those of RAM; there are `slot_count` of them.
  // mapper      outlives this.
  // mounts      tells the file system of a file that a client sends.
  DeviceMemory(GuestRange window, Slot first_slot, uint32_t slot_count, MemoryMapper& mapper,
               MountTable mounts);
  ~DeviceMemory();

  // Shows the guest the memory of `spec`, whose fd may be closed afterwards. Regions of 2 MiB and
  // more start at a 2 MiB boundary unless `at` says otherwise, so that huge pages can back them.
  // The region is charged to `account`.
  //
  // Errors  EINVAL, EBADF, EACCES, ENODEV, EPERM  as check_memory_source() says; EPERM also where a
  //                 seal forbids writing.
  //         EDQUOT  the account has no room for it.
  //         ENOSPC  no free address range is big enough, or no slot is free.
  //         EINVAL  `at` is not page-aligned.
  //         ERANGE  outside the window.
  //         EEXIST  another region is there.
  //         what the hypervisor says.
  Result<Region> add(const RegionSpec& spec, Account& account);

  // Remove a region, if `caller` acts for its owner; its addresses and its slot are free again.
  // Errors: ENOENT (no such region, or it is not the caller's); what the hypervisor says: then the
  // region is still there.
  Result<void> remove(Slot slot, const Caller& caller);
  Result<void> remove(Handle handle, const Caller& caller);

  // Removes all regions of `owner`, which has ended. Those that the hypervisor refuses to give back
  // belong to the VM from now on; returns how many they are.
  size_t remove_all_of(OwnerId owner);

  // Returns a bit for each page of the region, lowest first: whether the guest wrote it since the
  // last call. Errors: ENOENT (as remove() says), EINVAL (it keeps no log), what the hypervisor
  // says.
  Result<std::vector<uint64_t>> take_dirty_log(Handle handle, const Caller& caller);

  // Find a region by its slot or handle, and the one with the lowest address after `address` (or
  // the first of all).
  std::optional<Region> find(Slot slot) const;
  std::optional<Region> find(Handle handle) const;
  std::optional<Region> next_after(std::optional<GuestAddress> address) const;

  // Quarantines every region whose memory has shrunk, and the one at `fault`, which the guest could
  // not reach. Returns how many it quarantined. One thread at a time.
  size_t quarantine_vanished(std::optional<GuestAddress> fault);
  // Quarantines every region whose memory could vanish. Returns how many it quarantined. One thread
  // at a time.
  size_t quarantine_shrinkable();
  // Whether `address` is in a quarantined region.
  bool is_quarantined(GuestAddress address) const;
  // Whether the memory of any region could vanish.
  bool has_shrinkable() const;

  // Tells `listener` when has_shrinkable() has changed, on the thread that changed it. Call this,
  // and set_observer(), while no other thread uses the memory.
  void set_shrinkable_listener(std::function<void(bool)> listener);

  // Tells `observer` what becomes of regions from now on; null tells nobody. The observer outlives
  // this, or is replaced before it goes.
  void set_observer(RegionObserver* observer);

  GuestRange window() const;
  uint32_t count() const;
  uint64_t free_bytes() const;

 private:
  struct State;

  Result<void> unmap_and_free(Slot slot);
  std::optional<Slot> hide_next_of(OwnerId owner, std::optional<Slot> after);
  bool quarantine_at(GuestAddress address);
  size_t quarantine_where(bool (*is_lost)(int file, uint64_t end));
  bool quarantine_pinned(Slot slot);
  void tell();

  MemoryMapper& mapper_;
  MountTable mounts_;
  std::function<void(bool)> shrinkable_listener_ = [](bool) {};
  std::unique_ptr<State> state_;
};

}  // namespace vm_control
