// SPDX-License-Identifier: BSD-3-Clause
// The memory that devices share with a guest: its regions, by address, slot and handle.
//
// Addresses come from a window of the guest's physical address space, first fit, and are used
// again. DeviceMemory checks everything that can be checked before it changes anything, and every
// failure rolls back whole. The caller decides who may release a region.
// Threads: not synchronised; the loop's only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "vm_control/base/mount_table.h"
#include "vm_control/base/result.h"
#include "vm_control/memory/handle_source.h"
#include "vm_control/memory/range_allocator.h"
#include "vm_control/memory/slot_table.h"
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
    std::shared_ptr<User> user = nullptr;  // its worker releases the memory; null: this thread does
  };

  // window      holds the regions; both ends are multiples of kPageSize.
  // first_slot  the lowest slot above those of RAM; there are `slot_count` of them.
  // mapper      outlives this.
  // mounts      tells the file system of a file that a client sends.
  DeviceMemory(GuestRange window, Slot first_slot, uint32_t slot_count, MemoryMapper& mapper,
               MountTable mounts);

  // Shows the guest the memory of `spec`, whose fd may be closed afterwards. Regions of 2 MiB and
  // more start at a 2 MiB boundary unless `at` says otherwise, so that huge pages can back them.
  // The region is charged to `account`. The pointer is valid until the next call.
  //
  // Errors  EINVAL, EBADF, EACCES, ENODEV, EPERM  as check_memory_source() says; EPERM also where a
  //                 seal forbids writing.
  //         EDQUOT  the account has no room for it.
  //         ENOSPC  no free address range is big enough, or no slot is free.
  //         EINVAL  `at` is not page-aligned.
  //         ERANGE  outside the window.
  //         EEXIST  another region is there.
  //         what the hypervisor says.
  Result<const Region*> add(const RegionSpec& spec, Account& account);

  // Removes a region; its addresses and its slot are free again.
  // Errors: ENOENT (no such region); what the hypervisor says: then the region is still there.
  Result<void> remove(Slot slot);

  // Removes all regions of `owner`, which has ended. Those that the hypervisor refuses to give back
  // belong to the VM from now on; returns how many they are.
  size_t remove_all_of(OwnerId owner);

  // Returns a bit for each page of the region, lowest first: whether the guest wrote it since the
  // last call. Errors: ENOENT (no such region), EINVAL (it keeps no log), what the hypervisor says.
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot);

  // Find a region by its slot or handle, and the one with the lowest address after `address` (or
  // the first of all); null if there is none.
  const Region* find(Slot slot) const;
  const Region* find(Handle handle) const;
  const Region* next_after(std::optional<GuestAddress> address) const;

  // Quarantines every region whose memory has shrunk, and the one at `fault`, which the guest could
  // not reach. Returns how many it quarantined.
  size_t quarantine_vanished(std::optional<GuestAddress> fault);
  // Quarantines every region whose memory could vanish. Returns how many it quarantined.
  size_t quarantine_shrinkable();
  // Whether `address` is in a quarantined region.
  bool is_quarantined(GuestAddress address) const;
  // Whether the memory of any region could vanish.
  bool has_shrinkable() const { return !shrinkable_.empty(); }

  // Tells `listener` whenever has_shrinkable() changes.
  void set_shrinkable_listener(std::function<void(bool)> listener) {
    shrinkable_listener_ = std::move(listener);
  }

  // Tells `observer` what becomes of regions from now on; null tells nobody. The observer outlives
  // this, or is replaced before it goes.
  void set_observer(RegionObserver* observer) { observer_ = observer; }

  GuestRange window() const { return window_; }
  uint32_t count() const { return slots_.taken(); }
  uint64_t free_bytes() const { return addresses_.free_bytes(); }

 private:
  struct Name {
    Slot slot;
    Handle handle;
  };
  using AddressIndex = std::map<GuestAddress, Slot>;

  Result<GuestRange> take_addresses(const RegionSpec& spec);
  Result<Name> map(GuestRange range, const RegionSpec& spec);
  std::optional<Region>& place_of(Slot slot);
  void index(GuestAddress address, Slot slot);
  void unindex(GuestAddress address);
  const Region* find_at(GuestAddress address) const;
  bool quarantine(Region& region);
  size_t quarantine_where(bool (*is_lost)(const Region&));
  void tell_shrinkable();

  GuestRange window_;
  RangeAllocator addresses_;
  SlotTable slots_;
  Slot first_slot_;
  HandleSource handles_{HandleKind::kRegion};
  std::vector<std::optional<Region>> regions_;  // by slot, from first_slot_ on
  AddressIndex by_address_;
  std::vector<AddressIndex::node_type> spare_nodes_;  // of removed regions, for the next ones
  std::vector<Slot> shrinkable_;
  bool told_shrinkable_ = false;
  std::function<void(bool)> shrinkable_listener_ = [](bool) {};
  MemoryMapper& mapper_;
  MountTable mounts_;
  RegionObserver* observer_ = nullptr;
};

}  // namespace vm_control
