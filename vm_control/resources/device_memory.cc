// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/device_memory.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <atomic>
#include <condition_variable>
#include <utility>

#include "vm_control/base/heap_room.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/try.h"
#include "vm_control/resources/region_table.h"

namespace vm_control {
namespace {

using Entry = RegionTable::Entry;

// Whether `file` has less than `end` bytes.
bool has_shrunk(int file, uint64_t end) {
  struct stat status {};
  return fstat(file, &status) == 0 && static_cast<uint64_t>(status.st_size) < end;
}

// Whether `file` has fewer blocks than bytes, and its file system none to give. Who may use the
// blocks that are reserved for root might get one of those.
bool is_starved(int file, uint64_t) {
  constexpr uint64_t kBlockSize = 512;
  struct stat status {};
  struct statfs disk {};
  if (fstat(file, &status) < 0 || fstatfs(file, &disk) < 0) return false;
  bool is_sparse =
      static_cast<uint64_t>(status.st_blocks) * kBlockSize < static_cast<uint64_t>(status.st_size);
  // A file system without a limit has no blocks at all.
  return is_sparse && disk.f_blocks > 0 && disk.f_bavail == 0;
}

bool could_shrink(int, uint64_t) {
  return true;
}

bool acts_for(const Caller& caller, const Entry* entry) {
  return entry && caller.acts_for(entry->region.owner);
}

std::optional<Region> copy_of(const Entry* entry) {
  return entry ? std::optional(entry->region) : std::nullopt;
}

}  // namespace

struct DeviceMemory::State {
  State(const Areas& areas, Slot first_slot, uint32_t slot_count)
      : table(areas.window.range,
              areas.memslots ? std::optional(areas.memslots->range) : std::nullopt, first_slot,
              slot_count) {}

  // Hides the region that `find` finds in the table, as soon as nobody uses it without the lock.
  // Nothing if it finds none.
  template <class Find>
  std::optional<Place> hide(Find find) {
    MutexLock lock(mutex);
    for (;;) {
      Entry* entry = find(table);
      if (!entry) return std::nullopt;
      if (entry->pins == 0) {
        table.hide(entry->region.slot);
        count_shrinkable();
        return place_of(*entry);
      }
      lock.wait(unpinned);
    }
  }
  // The same for the region that `caller` names, if it acts for that.
  template <class Name>
  std::optional<Place> hide(Name name, const Caller& caller) {
    return hide([&](RegionTable& regions) {
      Entry* entry = regions.find(name);
      return acts_for(caller, entry) ? entry : nullptr;
    });
  }
  static Place place_of(const Entry& entry) { return {entry.region.slot, entry.region.range}; }

  using Notify = void (RegionObserver::*)(const Region&);

  Result<Region> reserve(RegionTable::Draft& draft) {
    MutexLock lock(mutex);
    return table.reserve(draft);
  }

  void show(Slot slot, Notify notify = nullptr) {
    MutexLock lock(mutex);
    table.show(slot);
    count_shrinkable();
    tell(notify, slot);
  }

  // The caller releases what the region held, without the lock.
  Entry free(Slot slot, Notify notify = nullptr) {
    MutexLock lock(mutex);
    tell(notify, slot);
    return table.free(slot);
  }

  // A region, pinned, whose memory could have vanished from `file`.
  struct Suspect {
    Place place;
    int file;
    uint64_t end;  // of the region in the file, in bytes
    MemoryAccess access;
  };
  std::optional<Suspect> pin(Entry* entry) REQUIRES(mutex) {
    if (!entry || entry->region.quarantined) return std::nullopt;
    ++entry->pins;
    bool read_only = entry->region.flags.read_only;
    return Suspect{place_of(*entry), entry->watched.get(),
                   entry->offset + entry->region.range.size(),
                   read_only ? MemoryAccess::kRead : MemoryAccess::kReadWrite};
  }
  std::optional<Suspect> pin(Handle handle) {
    MutexLock lock(mutex);
    return pin(table.find(handle));
  }
  std::optional<Suspect> pin_at(GuestAddress address) {
    MutexLock lock(mutex);
    return pin(table.find_at(address));
  }
  void unpin(Slot slot) {
    MutexLock lock(mutex);
    --table.at(slot).pins;
    unpinned.notify_all();
  }

  std::vector<Handle> shrinkable() {
    MutexLock lock(mutex);
    std::vector<Handle> handles;
    for (Slot slot : table.shrinkable()) handles.push_back(table.at(slot).region.handle);
    return handles;
  }
  void set_quarantined(Slot slot) {
    MutexLock lock(mutex);
    table.at(slot).region.quarantined = true;
    table.forget_shrinkable(slot);
    count_shrinkable();
    tell(&RegionObserver::on_region_quarantined, slot);
  }

  void count_shrinkable() REQUIRES(mutex) { has_shrinkable = !table.shrinkable().empty(); }

  void tell(Notify notify, Slot slot) REQUIRES(mutex) {
    if (observer && notify) (observer->*notify)(table.at(slot).region);
  }

  Mutex mutex;
  std::condition_variable unpinned;
  RegionTable table GUARDED_BY(mutex);
  RegionObserver* observer = nullptr;
  // Read without the lock, after each change.
  std::atomic<bool> has_shrinkable{false};
  std::atomic<bool> told_shrinkable{false};
};

DeviceMemory::DeviceMemory(const Areas& areas, Slot first_slot, uint32_t slot_count,
                           MountTable mounts)
    : areas_(areas),
      mounts_(std::move(mounts)),
      state_(std::make_unique<State>(areas, first_slot, slot_count)) {}

DeviceMemory::~DeviceMemory() = default;

MemoryMapper& DeviceMemory::mapper_of(GuestRange range) const {
  bool is_slot = areas_.memslots && areas_.memslots->range.contains(range);
  return is_slot ? areas_.memslots->mapper : areas_.window.mapper;
}

// ---- adding -----------------------------------------------------------------------------------

Result<Region> DeviceMemory::add(const RegionSpec& spec, Account& account) {
  SizeGuarantee size_guarantee = TRY(check_memory_source(spec.source, spec.seal_policy, mounts_));
  TRY(check_heap_room());
  // The file of memory that can shrink is kept, to look at its size.
  bool is_kept = size_guarantee == SizeGuarantee::kShrinkable;
  RegionTable::Draft draft{.size = spec.source.size,
                           .at = spec.at,
                           .owner = spec.owner,
                           .flags = spec.source.flags,
                           .detached = spec.detached,
                           .held = spec.held,
                           .charge = TRY(account.charge({.regions = 1,
                                                         .descriptors = is_kept ? 1u : 0u,
                                                         .bytes = spec.source.size,
                                                         .detached = spec.detached_bytes})),
                           .watched = {},
                           .offset = spec.source.offset};
  if (is_kept) draft.watched = TRY(UniqueFd::duplicate(spec.source.fd));
  Region region = TRY(state_->reserve(draft));
  auto mapped = mapper_of(region.range).map(region.slot, region.range, spec.source);
  if (!mapped) {
    Entry ended = state_->free(region.slot);
    return tl::unexpected(mapped.error());
  }
  account.spend_mapping_time(*mapped);
  state_->show(region.slot, &RegionObserver::on_region_added);
  tell();
  return region;
}

// ---- removing ---------------------------------------------------------------------------------

Result<void> DeviceMemory::remove(Slot slot, const Caller& caller) {
  auto hidden = state_->hide(slot, caller);
  if (!hidden) return fail(ENOENT, "remove memory slot", std::to_string(slot.value()));
  return unmap_and_free(*hidden);
}

Result<void> DeviceMemory::remove(Handle handle, const Caller& caller) {
  auto hidden = state_->hide(handle, caller);
  if (!hidden) return fail(ENOENT, "remove memory");
  return unmap_and_free(*hidden);
}

// The region is hidden, so this thread alone has it.
Result<void> DeviceMemory::unmap_and_free(const Place& place) {
  auto [slot, range] = place;
  auto unmapped = mapper_of(range).unmap(slot, range);
  if (!unmapped) {
    state_->show(slot);
    return tl::unexpected(unmapped.error());
  }
  Entry ended = state_->free(slot, &RegionObserver::on_region_removed);
  ended.charge.spend_mapping_time(*unmapped);
  tell();
  return {};
}

size_t DeviceMemory::remove_all_of(OwnerId owner) {
  size_t kept = 0;
  for (auto next = hide_next_of(owner, {}); next; next = hide_next_of(owner, next->slot)) {
    if (unmap_and_free(*next)) continue;
    MutexLock lock(state_->mutex);
    Entry& entry = state_->table.at(next->slot);
    entry.region.owner.id = OwnerId::kVm;
    entry.region.charged = {};
    entry.charge = Charge();
    ++kept;
  }
  return kept;
}

// The next region of `owner` behind the slot `after`, hidden.
std::optional<DeviceMemory::Place> DeviceMemory::hide_next_of(OwnerId owner,
                                                              std::optional<Slot> after) {
  return state_->hide([&](RegionTable& regions) {
    return regions.next_of(owner, after ? Slot(after->value() + 1) : regions.first_slot());
  });
}

// ---- reading ----------------------------------------------------------------------------------

Result<std::vector<uint64_t>> DeviceMemory::take_dirty_log(Handle handle, const Caller& caller) {
  constexpr const char* kAction = "read a dirty log";
  std::optional<Place> place;
  {
    MutexLock lock(state_->mutex);
    Entry* entry = state_->table.find(handle);
    if (!acts_for(caller, entry)) return fail(ENOENT, kAction);
    if (!entry->region.flags.log_dirty || entry->region.quarantined) return fail(EINVAL, kAction);
    place = State::place_of(*entry);
    ++entry->pins;
  }
  auto log = mapper_of(place->range).take_dirty_log(place->slot);
  state_->unpin(place->slot);
  return log;
}

std::optional<Region> DeviceMemory::find(Slot slot) const {
  MutexLock lock(state_->mutex);
  return copy_of(state_->table.find(slot));
}

std::optional<Region> DeviceMemory::find(Handle handle) const {
  MutexLock lock(state_->mutex);
  return copy_of(state_->table.find(handle));
}

std::optional<Region> DeviceMemory::next_after(std::optional<GuestAddress> address) const {
  MutexLock lock(state_->mutex);
  return copy_of(state_->table.next_after(address));
}

bool DeviceMemory::is_quarantined(GuestAddress address) const {
  MutexLock lock(state_->mutex);
  const Entry* entry = state_->table.find_at(address);
  return entry && entry->region.quarantined;
}

bool DeviceMemory::has_shrinkable() const {
  return state_->has_shrinkable;
}

uint32_t DeviceMemory::count() const {
  MutexLock lock(state_->mutex);
  return state_->table.count();
}

uint64_t DeviceMemory::free_bytes() const {
  MutexLock lock(state_->mutex);
  return state_->table.free_bytes();
}

// ---- memory that vanishes ---------------------------------------------------------------------

size_t DeviceMemory::quarantine_vanished(std::optional<GuestAddress> fault) {
  size_t count = 0;
  // A file can lose its content for other reasons than its size, which only the guest notices.
  if (fault) count += quarantine_at(*fault);
  return count + quarantine(find_where(has_shrunk));
}

size_t DeviceMemory::quarantine_shrinkable() {
  return quarantine(find_where(could_shrink));
}

bool DeviceMemory::quarantine_unreachable(GuestAddress address) {
  auto suspect = state_->pin_at(address);
  if (!suspect) return false;
  auto [slot, range] = suspect->place;
  if (!mapper_of(range).has_page(slot, range, address, suspect->access)) {
    return quarantine_pinned(suspect->place);
  }
  state_->unpin(slot);
  return false;
}

std::vector<Handle> DeviceMemory::find_starved() {
  return find_where(is_starved);
}

bool DeviceMemory::quarantine_at(GuestAddress address) {
  auto suspect = state_->pin_at(address);
  return suspect && quarantine_pinned(suspect->place);
}

std::vector<Handle> DeviceMemory::find_where(bool (*is_lost)(int file, uint64_t end)) {
  std::vector<Handle> found;
  for (Handle each : state_->shrinkable()) {
    auto suspect = state_->pin(each);
    if (!suspect) continue;
    if (is_lost(suspect->file, suspect->end)) found.push_back(each);
    state_->unpin(suspect->place.slot);
  }
  return found;
}

size_t DeviceMemory::quarantine(const std::vector<Handle>& regions) {
  size_t count = 0;
  for (Handle each : regions) {
    auto suspect = state_->pin(each);
    if (suspect && quarantine_pinned(suspect->place)) ++count;
  }
  return count;
}

// Takes the memory of a region out of the guest, and unpins the region.
bool DeviceMemory::quarantine_pinned(const Place& place) {
  auto [slot, range] = place;
  bool replaced = mapper_of(range).quarantine(slot, range).has_value();
  if (replaced) state_->set_quarantined(slot);
  state_->unpin(slot);
  tell();
  return replaced;
}

// ---- telling ----------------------------------------------------------------------------------

void DeviceMemory::set_shrinkable_listener(std::function<void(bool)> listener) {
  shrinkable_listener_ = std::move(listener);
}

void DeviceMemory::set_observer(RegionObserver* observer) {
  state_->observer = observer;
}

void DeviceMemory::tell() {
  if (state_->observer) state_->observer->on_regions_changed();
  bool any = has_shrinkable();
  if (state_->told_shrinkable.exchange(any) != any) shrinkable_listener_(any);
}

}  // namespace vm_control
