// SPDX-License-Identifier: BSD-3-Clause
// The memory that devices share with a guest: its regions, by address, slot and handle.
//
// Addresses come from a window of the guest's physical address space, first fit, and are used
// again. Regions that need a memory slot of their own, as they are read-only or keep a dirty log,
// come from a part of the address space that is set aside for them, if there is one. DeviceMemory
// checks everything that can be checked before it changes anything, and every failure rolls back
// whole.
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
    uint64_t detached_bytes = 0;  // to be charged as such
    // The principal has this already, if it may not have more than it leaves for others.
    std::optional<Resources> held = {};
  };

  // Addresses for regions, in whole pages, and what maps the regions there. It outlives this.
  struct Area {
    GuestRange range;
    MemoryMapper& mapper;
  };
  struct Areas {
    Area window;
    // For regions that need memory slots. If empty, the window's mapper knows how to map those.
    std::optional<Area> memslots = {};
  };

  // first_slot  the lowest slot that names a region, above those that the VMM uses itself; there
  //             are `slot_count` of them.
  // mounts      tells the file system of a file that a client sends.
  DeviceMemory(const Areas& areas, Slot first_slot, uint32_t slot_count, MountTable mounts);
  ~DeviceMemory();

  // Shows the guest the memory of `spec`, whose fd may be closed afterwards. Regions of 2 MiB and
  // more start at a 2 MiB boundary unless `at` says otherwise, so that huge pages can back them.
  // The region is charged to `account`.
  //
  // Errors  EINVAL, EBADF, EACCES, ENODEV, EPERM  as check_memory_source() says; EPERM also where a
  //                 seal forbids writing.
  //         EDQUOT  the account has no room for it.
  //         ENOSPC  no free address range is big enough, or no slot is free; or the principal would
  //                 have more of either than it leaves for others.
  //         EINVAL  `at` is not page-aligned.
  //         ERANGE  outside the window, or outside the memslots for a region that needs one.
  //         EEXIST  another region is there.
  //         ENOMEM  a limit leaves no room for what the process itself needs.
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
  // The guest could not write to its memory, though none has vanished: lets it write where no
  // region is. Returns whether it could not before. One thread at a time.
  bool make_holes_writable() { return areas_.window.mapper.make_holes_writable(); }
  // The guest found no memory at `address`: quarantines the region there, if the host can't give it
  // that page. Returns whether it did. One thread at a time.
  bool quarantine_unreachable(GuestAddress address);
  // Finds the regions whose file lacks pages that its full file system can't give it.
  std::vector<Handle> find_starved();
  // Quarantines `regions`, where they still are; returns how many. One thread at a time.
  size_t quarantine(const std::vector<Handle>& regions);
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

  GuestRange window() const { return areas_.window.range; }
  uint32_t count() const;
  uint64_t free_bytes() const;

 private:
  struct State;

  // A region that this thread alone has, or has pinned.
  struct Place {
    Slot slot;
    GuestRange range;
  };

  MemoryMapper& mapper_of(GuestRange range) const;
  Result<void> unmap_and_free(const Place& place);
  std::optional<Place> hide_next_of(OwnerId owner, std::optional<Slot> after);
  bool quarantine_at(GuestAddress address);
  std::vector<Handle> find_where(bool (*is_lost)(int file, uint64_t end));
  bool quarantine_pinned(const Place& place);
  void tell();

  Areas areas_;
  MountTable mounts_;
  std::function<void(bool)> shrinkable_listener_ = [](bool) {};
  std::unique_ptr<State> state_;
};

}  // namespace vm_control
