// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/region_table.h"

#include <utility>

#include "vm_control/accounts/share.h"
#include "vm_control/base/check.h"
#include "vm_control/base/try.h"

namespace vm_control {

RegionTable::RegionTable(GuestRange window, std::optional<GuestRange> memslots, Slot first_slot,
                         uint32_t slot_count)
    : window_(window), slots_(first_slot, slot_count), first_slot_(first_slot) {
  if (memslots) memslots_.emplace(*memslots);
}

Result<Region> RegionTable::reserve(Draft& draft) {
  GuestRange range = TRY(take_addresses(draft));
  auto slot = slots_.take();
  auto handle = slot ? handles_.make(static_cast<uint16_t>(slot->value())) : std::nullopt;
  if (!handle) {
    CHECK(allocator_of(range).release(range));
    if (slot) CHECK(slots_.release(*slot));
    return fail(ENOSPC, "name a region");
  }
  Region region{.range = range,
                .slot = *slot,
                .handle = *handle,
                .owner = draft.owner,
                .flags = draft.flags,
                .detached = draft.detached,
                .shrinkable = static_cast<bool>(draft.watched),
                .charged = draft.charge.resources()};
  if (index_of(*slot) >= entries_.size()) entries_.resize(index_of(*slot) + 1);
  entries_[index_of(*slot)].emplace(Entry{.region = region,
                                          .charge = std::move(draft.charge),
                                          .watched = std::move(draft.watched),
                                          .offset = draft.offset});
  return region;
}

Result<GuestRange> RegionTable::take_addresses(const Draft& draft) {
  bool needs_slot = draft.flags != RegionFlags();
  RangeAllocator& free = needs_slot && memslots_ ? *memslots_ : window_;
  if (!leaves_enough(draft, free)) {
    return fail(ENOSPC, "map more memory than is left for other clients");
  }
  if (!draft.at) {
    return free.allocate(draft.size,
                         draft.size < kHugePageSize ? Alignment::kPage : Alignment::kHugePage);
  }
  GuestRange range = TRY(GuestRange::create(*draft.at, draft.size));
  TRY(free.take(range));
  return range;
}

bool RegionTable::leaves_enough(const Draft& draft, const RangeAllocator& free) const {
  if (!draft.held) return true;
  return is_fair_share(draft.held->bytes, draft.size, free.free_bytes(), kPageSize) &&
         is_fair_share(draft.held->regions, 1, slots_.free(), 1);
}

RangeAllocator& RegionTable::allocator_of(GuestRange range) {
  return memslots_ && memslots_->window().contains(range) ? *memslots_ : window_;
}

uint64_t RegionTable::free_bytes() const {
  return window_.free_bytes() + (memslots_ ? memslots_->free_bytes() : 0);
}

RegionTable::Entry RegionTable::free(Slot slot) {
  Entry entry = std::move(at(slot));
  CHECK(!entry.is_shown && entry.pins == 0);
  entries_[index_of(slot)].reset();
  CHECK(allocator_of(entry.region.range).release(entry.region.range));
  CHECK(slots_.release(slot));
  return entry;
}

void RegionTable::show(Slot slot) {
  Entry& entry = at(slot);
  entry.is_shown = true;
  if (entry.watched && !entry.region.quarantined) shrinkable_.push_back(slot);
  by_address_.insert(entry.region.range.start(), slot);
}

void RegionTable::hide(Slot slot) {
  Entry& entry = at(slot);
  entry.is_shown = false;
  forget_shrinkable(slot);
  by_address_.erase(entry.region.range.start());
}

RegionTable::Entry* RegionTable::find(Slot slot) {
  if (!slots_.is_taken(slot)) return nullptr;
  Entry& entry = at(slot);
  return entry.is_shown ? &entry : nullptr;
}

RegionTable::Entry* RegionTable::find(Handle handle) {
  Entry* entry = find(Slot(HandleSource::index_of(handle)));
  return entry && entry->region.handle == handle ? entry : nullptr;
}

RegionTable::Entry* RegionTable::find_at(GuestAddress address) {
  auto* before = by_address_.last_until(address);
  if (!before) return nullptr;
  Entry& entry = at(before->second);
  return entry.region.range.contains(address) ? &entry : nullptr;
}

RegionTable::Entry* RegionTable::next_after(std::optional<GuestAddress> address) {
  auto* next = by_address_.first_after(address);
  return next ? &at(next->second) : nullptr;
}

RegionTable::Entry* RegionTable::next_of(OwnerId owner, Slot slot) {
  for (size_t i = index_of(slot); i < entries_.size(); ++i) {
    std::optional<Entry>& entry = entries_[i];
    if (entry && entry->is_shown && entry->region.owner.id == owner) return &*entry;
  }
  return nullptr;
}

}  // namespace vm_control
