// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/region_table.h"

#include <utility>

#include "vm_control/base/check.h"
#include "vm_control/base/try.h"

namespace vm_control {

RegionTable::RegionTable(GuestRange window, Slot first_slot, uint32_t slot_count)
    : window_(window),
      addresses_(window),
      slots_(first_slot, slot_count),
      first_slot_(first_slot) {}

Result<Region> RegionTable::reserve(Draft& draft) {
  GuestRange range = TRY(take_addresses(draft.size, draft.at));
  auto slot = slots_.take();
  auto handle = slot ? handles_.make(static_cast<uint16_t>(slot->value())) : std::nullopt;
  if (!handle) {
    CHECK(addresses_.release(range));
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

Result<GuestRange> RegionTable::take_addresses(uint64_t size, std::optional<GuestAddress> at) {
  if (!at) {
    return addresses_.allocate(size,
                               size < kHugePageSize ? Alignment::kPage : Alignment::kHugePage);
  }
  GuestRange range = TRY(GuestRange::create(*at, size));
  TRY(addresses_.take(range));
  return range;
}

RegionTable::Entry RegionTable::free(Slot slot) {
  Entry entry = std::move(at(slot));
  CHECK(!entry.is_shown && entry.pins == 0);
  entries_[index_of(slot)].reset();
  CHECK(addresses_.release(entry.region.range));
  CHECK(slots_.release(slot));
  return entry;
}

void RegionTable::show(Slot slot) {
  Entry& entry = at(slot);
  entry.is_shown = true;
  if (entry.watched && !entry.region.quarantined) shrinkable_.push_back(slot);
  GuestAddress address = entry.region.range.start();
  if (spare_nodes_.empty()) {
    by_address_.emplace(address, slot);
    // Room for the node when it becomes a spare one.
    spare_nodes_.reserve(by_address_.size());
    return;
  }
  auto node = std::move(spare_nodes_.back());
  spare_nodes_.pop_back();
  node.key() = address;
  node.mapped() = slot;
  by_address_.insert(std::move(node));
}

void RegionTable::hide(Slot slot) {
  Entry& entry = at(slot);
  entry.is_shown = false;
  forget_shrinkable(slot);
  spare_nodes_.push_back(by_address_.extract(entry.region.range.start()));
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
  auto after = by_address_.upper_bound(address);
  if (after == by_address_.begin()) return nullptr;
  Entry& before = at(std::prev(after)->second);
  return before.region.range.contains(address) ? &before : nullptr;
}

RegionTable::Entry* RegionTable::next_after(std::optional<GuestAddress> address) {
  auto next = address ? by_address_.upper_bound(*address) : by_address_.begin();
  return next == by_address_.end() ? nullptr : &at(next->second);
}

RegionTable::Entry* RegionTable::next_of(OwnerId owner, Slot slot) {
  for (size_t i = index_of(slot); i < entries_.size(); ++i) {
    std::optional<Entry>& entry = entries_[i];
    if (entry && entry->is_shown && entry->region.owner.id == owner) return &*entry;
  }
  return nullptr;
}

}  // namespace vm_control
