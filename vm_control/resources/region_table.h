// SPDX-License-Identifier: BSD-3-Clause
// Keeps which addresses, slots and handles of device memory are whose.
//
// A region is reserved, mapped, and then shown; or it is hidden, unmapped, and then freed. What is
// between two states belongs to the thread that moves it, and nobody else finds it.
//
// Pure bookkeeping, of which DeviceMemory has the lock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/memory/address_map.h"
#include "vm_control/memory/handle_source.h"
#include "vm_control/memory/range_allocator.h"
#include "vm_control/memory/slot_table.h"
#include "vm_control/resources/region.h"

namespace vm_control {

class RegionTable {
 public:
  // A region to be.
  struct Draft {
    uint64_t size;
    std::optional<GuestAddress> at;  // if empty, the table chooses the address
    Owner owner;
    RegionFlags flags;
    bool detached = false;
    std::optional<Resources> held;  // by the principal, if it has to leave as much for others
    Charge charge;
    UniqueFd watched;
    uint64_t offset = 0;
  };

  struct Entry {
    Region region;
    Charge charge;
    UniqueFd watched;     // the file of the memory, if that can shrink
    uint64_t offset = 0;  // bytes into the file
    bool is_shown = false;
    uint32_t pins = 0;  // threads that use the region without the lock: it is not hidden meanwhile
  };

  // memslots  where regions go that need a memory slot of their own (RegionFlags); if empty, those
  //           go into the window, too.
  RegionTable(GuestRange window, std::optional<GuestRange> memslots, Slot first_slot,
              uint32_t slot_count);

  // Takes addresses, a slot and a handle for `draft`, which is moved from if that succeeds.
  // Errors: as DeviceMemory::add() says.
  Result<Region> reserve(Draft& draft);

  // Frees all that reserve() took, and returns what the region held, so that the caller can release
  // it without the lock.
  Entry free(Slot slot);

  // Lets others find the region, or no more.
  void show(Slot slot);
  void hide(Slot slot);

  Entry& at(Slot slot) { return *entries_[index_of(slot)]; }

  // The region that is shown and named so, valid until the lock is given up; null if there is none.
  Entry* find(Slot slot);
  Entry* find(Handle handle);
  Entry* find_at(GuestAddress address);
  Entry* next_after(std::optional<GuestAddress> address);
  // The first one from `slot` on that belongs to `owner`.
  Entry* next_of(OwnerId owner, Slot slot);

  const std::vector<Slot>& shrinkable() const { return shrinkable_; }
  // The region at `slot` has lost its memory, and can't lose it again.
  void forget_shrinkable(Slot slot) { std::erase(shrinkable_, slot); }

  Slot first_slot() const { return first_slot_; }
  uint32_t count() const { return slots_.taken(); }
  uint64_t free_bytes() const;

 private:
  Result<GuestRange> take_addresses(const Draft& draft);
  RangeAllocator& allocator_of(GuestRange range);
  bool leaves_enough(const Draft& draft, const RangeAllocator& free) const;
  size_t index_of(Slot slot) const { return slot.value() - first_slot_.value(); }

  RangeAllocator window_;
  std::optional<RangeAllocator> memslots_;
  SlotTable slots_;
  Slot first_slot_;
  HandleSource handles_{HandleKind::kRegion};
  std::vector<std::optional<Entry>> entries_;  // by slot, from first_slot_ on
  AddressMap<Slot> by_address_;
  std::vector<Slot> shrinkable_;
};

}  // namespace vm_control
