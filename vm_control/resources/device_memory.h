// SPDX-License-Identifier: BSD-3-Clause
// The memory that devices share with a guest: what is where, under which slot, and whose it is.
//
// Addresses come from a window of the guest's physical address space, first fit, and are used
// again. Everything that can be checked is checked before anything is changed, and every failure
// rolls back whole. Who may release a region is for the caller to decide.
// Threads: not synchronised; the control thread owns the only instance.
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
  // What add() is asked for.
  struct RegionSpec {
    MemorySource source;
    SealPolicy seal_policy = SealPolicy::kPrefer;
    std::optional<GuestAddress> at;  // where; anywhere if it is not given
    bool log_dirty = false;
    Owner owner;
    std::shared_ptr<User> user = nullptr;  // who lets go of it; without one, that is waited for
  };

  // window      where regions go; both ends are multiples of kPageSize.
  // first_slot  the lowest slot that is not RAM's; `slot_count` follow.
  // mapper      outlives this.
  // mounts      of the file systems that memory may come from.
  DeviceMemory(GuestRange window, Slot first_slot, uint32_t slot_count, MemoryMapper& mapper,
               MountTable mounts);

  // Shows the guest what `spec` says; its fd may be closed after. Regions of 2 MiB and more that
  // may be anywhere start at a 2 MiB boundary, so that huge pages can back them. The region is
  // charged to `account`; the pointer holds until the next call.
  //
  // Errors  EINVAL, EBADF, EACCES, ENODEV, EPERM  as check_memory_source() says; EPERM also where a
  //                 seal forbids writing.
  //         EDQUOT  the account has no room for it.
  //         ENOSPC  no free address range is big enough, or no slot is free.
  //         EINVAL  `at` is no page; ERANGE it leaves the window; EEXIST something is there.
  //         what the hypervisor says.
  Result<const Region*> add(const RegionSpec& spec, Account& account);

  // Takes a region away; its addresses and its slot are free again. A slot that names no region is
  // ENOENT. When the hypervisor refuses, it is still there, whole.
  Result<void> remove(Slot slot);

  // Takes away all that belongs to `owner`, which is no more. What the hypervisor refuses to give
  // back is the VM's from now on. Returns how many those were.
  size_t remove_all_of(OwnerId owner);

  // Which pages of the region the guest wrote since the last call, a bit each, lowest first.
  // Errors: ENOENT (no such region), EINVAL (it keeps no log), what the hypervisor says.
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot);

  // Null if there is none: by its name, and the one with the lowest address after `address` (or the
  // very first).
  const Region* find(Slot slot) const;
  const Region* find(Handle handle) const;
  const Region* next_after(std::optional<GuestAddress> address) const;

  // Puts filler in the place of every region whose memory has been shrunk away under it; and of the
  // one at `fault`, which the guest could not reach. Returns how many that were.
  size_t quarantine_vanished(std::optional<GuestAddress> fault);
  // Puts filler in the place of all memory that could vanish. Returns how many regions that were.
  size_t quarantine_shrinkable();
  // Whether there is filler at `address`.
  bool has_filler(GuestAddress address) const;
  // Whether there is any memory that could vanish.
  bool has_shrinkable() const { return !shrinkable_.empty(); }

  // Tells `listener` whenever has_shrinkable() changes.
  void set_shrinkable_listener(std::function<void(bool)> listener) {
    shrinkable_listener_ = std::move(listener);
  }

  // Tells `observer` from now on; null tells nobody. It outlives this, or is taken back.
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
  Result<Name> attach(GuestRange range, const RegionSpec& spec);
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
  std::vector<AddressIndex::node_type> spare_nodes_;  // so that a region takes none from the heap
  std::vector<Slot> shrinkable_;
  bool told_shrinkable_ = false;
  std::function<void(bool)> shrinkable_listener_ = [](bool) {};
  MemoryMapper& mapper_;
  MountTable mounts_;
  RegionObserver* observer_ = nullptr;
};

}  // namespace vm_control
