// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/device_memory.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "vm_control/base/check.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

bool has_shrunk(const Region& region) {
  struct stat status {};
  if (!region.shrinkable || fstat(region.shrinkable.get(), &status) < 0) return false;
  auto available = static_cast<uint64_t>(status.st_size);
  return available < region.offset || available - region.offset < region.range.size();
}

}  // namespace

DeviceMemory::DeviceMemory(GuestRange window, Slot first_slot, uint32_t slot_count,
                           MemoryMapper& mapper, MountTable mounts)
    : window_(window),
      addresses_(window),
      slots_(first_slot, slot_count),
      first_slot_(first_slot),
      mapper_(mapper),
      mounts_(std::move(mounts)) {}

Result<const Region*> DeviceMemory::add(const RegionSpec& spec, Account& account) {
  SizeGuarantee size_guarantee = TRY(check_memory_source(spec.source, spec.seal_policy, mounts_));
  Charge charge = TRY(account.charge({.regions = 1, .bytes = spec.source.size}));
  UniqueFd watched;
  if (size_guarantee == SizeGuarantee::kShrinkable)
    watched = TRY(UniqueFd::duplicate(spec.source.fd));
  GuestRange range = TRY(take_addresses(spec));
  auto name = map(range, spec);
  if (!name) {
    CHECK(addresses_.release(range));
    return tl::unexpected(name.error());
  }
  if (watched) shrinkable_.push_back(name->slot);
  tell_shrinkable();
  index(range.start(), name->slot);
  Region& region = place_of(name->slot)
                       .emplace(Region{.range = range,
                                       .slot = name->slot,
                                       .handle = name->handle,
                                       .owner = spec.owner,
                                       .flags = spec.source.flags,
                                       .charge = std::move(charge),
                                       .shrinkable = std::move(watched),
                                       .offset = spec.source.offset,
                                       .user = spec.user});
  if (observer_) observer_->on_region_added(region);
  return &region;
}

Result<DeviceMemory::Name> DeviceMemory::map(GuestRange range, const RegionSpec& spec) {
  Slot slot = TRY(slots_.take());
  auto handle = handles_.make(static_cast<uint16_t>(slot.value()));
  auto mapped = handle ? mapper_.map(slot, range, spec.source) : fail(ENOSPC, "name a region");
  if (mapped) return Name{slot, *handle};
  CHECK(slots_.release(slot));
  return tl::unexpected(mapped.error());
}

Result<GuestRange> DeviceMemory::take_addresses(const RegionSpec& spec) {
  uint64_t size = spec.source.size;
  if (!spec.at) {
    return addresses_.allocate(size,
                               size < kHugePageSize ? Alignment::kPage : Alignment::kHugePage);
  }
  GuestRange range = TRY(GuestRange::create(*spec.at, size));
  TRY(addresses_.take(range));
  return range;
}

Result<void> DeviceMemory::remove(Slot slot) {
  if (!slots_.is_taken(slot)) {
    return fail(ENOENT, "remove memory slot", std::to_string(slot.value()));
  }
  std::optional<Region>& place = place_of(slot);
  MemoryMapping mapping;
  if (!place->quarantined) mapping = TRY(mapper_.unmap(slot));
  Region region = std::move(*place);
  place.reset();
  if (region.shrinkable) std::erase(shrinkable_, slot);
  region.release(std::move(mapping));
  tell_shrinkable();
  unindex(region.range.start());
  CHECK(addresses_.release(region.range));
  CHECK(slots_.release(slot));
  if (observer_) observer_->on_region_removed(region);
  return {};
}

size_t DeviceMemory::remove_all_of(OwnerId owner) {
  size_t kept = 0;
  for (std::optional<Region>& place : regions_) {
    if (!place || place->owner.id != owner || remove(place->slot)) continue;
    place->owner.id = OwnerId::kVm;
    place->charge = Charge();
    ++kept;
  }
  return kept;
}

Result<std::vector<uint64_t>> DeviceMemory::take_dirty_log(Slot slot) {
  constexpr const char* kAction = "read the dirty log of slot";
  const Region* region = find(slot);
  if (!region) return fail(ENOENT, kAction, std::to_string(slot.value()));
  if (!region->flags.log_dirty || region->quarantined) {
    return fail(EINVAL, kAction, std::to_string(slot.value()));
  }
  return mapper_.take_dirty_log(slot);
}

const Region* DeviceMemory::find(Slot slot) const {
  if (!slots_.is_taken(slot)) return nullptr;
  return &*regions_[slot.value() - first_slot_.value()];
}

const Region* DeviceMemory::find(Handle handle) const {
  const Region* region = find(Slot(HandleSource::index_of(handle)));
  return region && region->handle == handle ? region : nullptr;
}

const Region* DeviceMemory::next_after(std::optional<GuestAddress> address) const {
  auto next = address ? by_address_.upper_bound(*address) : by_address_.begin();
  return next == by_address_.end() ? nullptr : find(next->second);
}

size_t DeviceMemory::quarantine_vanished(std::optional<GuestAddress> fault) {
  size_t count = 0;
  // A file can lose its content for other reasons than its size, which only the guest notices.
  const Region* hit = fault ? find_at(*fault) : nullptr;
  if (hit) count += quarantine(*place_of(hit->slot));
  return count + quarantine_where(has_shrunk);
}

size_t DeviceMemory::quarantine_shrinkable() {
  return quarantine_where([](const Region&) { return true; });
}

size_t DeviceMemory::quarantine_where(bool (*is_lost)(const Region&)) {
  size_t count = 0;
  for (Slot slot : shrinkable_) {
    Region& region = *place_of(slot);
    if (is_lost(region)) count += quarantine(region);
  }
  std::erase_if(shrinkable_, [this](Slot slot) { return place_of(slot)->quarantined; });
  tell_shrinkable();
  return count;
}

bool DeviceMemory::is_quarantined(GuestAddress address) const {
  const Region* region = find_at(address);
  return region && region->quarantined;
}

bool DeviceMemory::quarantine(Region& region) {
  if (region.quarantined) return false;
  auto mapping = mapper_.unmap(region.slot);
  if (!mapping) return false;
  region.quarantined = true;
  region.release(std::move(*mapping));
  if (observer_) observer_->on_region_quarantined(region);
  return true;
}

void DeviceMemory::tell_shrinkable() {
  if (told_shrinkable_ == has_shrinkable()) return;
  told_shrinkable_ = has_shrinkable();
  shrinkable_listener_(told_shrinkable_);
}

const Region* DeviceMemory::find_at(GuestAddress address) const {
  auto after = by_address_.upper_bound(address);
  if (after == by_address_.begin()) return nullptr;
  const Region* before = find(std::prev(after)->second);
  return before->range.contains(address) ? before : nullptr;
}

std::optional<Region>& DeviceMemory::place_of(Slot slot) {
  size_t place = slot.value() - first_slot_.value();
  if (place >= regions_.size()) regions_.resize(place + 1);
  return regions_[place];
}

void DeviceMemory::index(GuestAddress address, Slot slot) {
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

void DeviceMemory::unindex(GuestAddress address) {
  spare_nodes_.push_back(by_address_.extract(address));
}

}  // namespace vm_control
