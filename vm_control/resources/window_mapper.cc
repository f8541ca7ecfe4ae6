// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/window_mapper.h"

#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "vm_control/base/mutex.h"
#include "vm_control/base/try.h"
#include "vm_control/memory/address_map.h"

namespace vm_control {
namespace {

// Linux's default of vm.max_map_count, and what the process needs beside its regions: for
// libraries, threads and their stacks, malloc, RAM.
constexpr uint32_t kDefaultMaxMappings = 65530;
constexpr uint32_t kOtherMappings = 2048;

// A turn to map or unmap.
class Turn {
 public:
  explicit Turn(std::mutex& mutex) : lock_(mutex) {}
  MemoryMapper::HeldUp duration() const { return Clock::now() - start_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::lock_guard<std::mutex> lock_;
  Clock::time_point start_ = Clock::now();
};

uint32_t max_mappings() {
  std::ifstream file("/proc/sys/vm/max_map_count");
  uint32_t count = kDefaultMaxMappings;
  file >> count;
  return count;
}

}  // namespace

// Keeps where there are regions, and how the rest is filled. The lock is not held while a region is
// mapped or unmapped, which takes as long as its sender likes.
struct WindowMapper::Holes {
  // The end of the hole that starts at `at`; `at` itself if there is a region.
  uint64_t end_of(uint64_t at, uint64_t limit) const REQUIRES(mutex) {
    auto* before = regions.last_until(GuestAddress(at));
    if (before && before->second.contains(GuestAddress(at))) return at;
    auto* next = regions.first_after(GuestAddress(at));
    return next ? std::min(next->first.value(), limit) : limit;
  }
  // The end of the region at `at`.
  uint64_t end_of_region(uint64_t at) const REQUIRES(mutex) {
    return regions.last_until(GuestAddress(at))->second.last().value() + 1;
  }

  bool has(GuestRange range) const {
    MutexLock lock(mutex);
    auto* found = regions.last_until(range.start());
    return found && found->second == range;
  }

  mutable Mutex mutex;
  AddressMap<GuestRange> regions GUARDED_BY(mutex);
  bool writable GUARDED_BY(mutex) = false;
};

Result<std::unique_ptr<WindowMapper>> WindowMapper::create(VirtualMachine& vm, Slot slot,
                                                           GuestRange window) {
  MemoryMapping memory = TRY(MemoryMapping::anonymous(window.size()));
  SharedMemory scratch = TRY(SharedMemory::create("filler", kHugePageSize));
  std::unique_ptr<WindowMapper> mapper(
      new WindowMapper(vm, slot, window, std::move(memory), std::move(scratch)));
  TRY(mapper->fill(window, false));
  TRY(vm.add_memory(slot, window, mapper->memory_.data(), {}));
  return mapper;
}

WindowMapper::WindowMapper(VirtualMachine& vm, Slot slot, GuestRange window, MemoryMapping memory,
                           SharedMemory scratch)
    : vm_(vm),
      slot_(slot),
      window_(window),
      memory_(std::move(memory)),
      scratch_(std::move(scratch)),
      holes_(std::make_unique<Holes>()) {}

WindowMapper::~WindowMapper() {
  ignore(vm_.remove_memory(slot_), "the virtual machine goes as well");
}

uint32_t WindowMapper::max_regions(GuestRange window, uint32_t slots) {
  uint64_t others = kOtherMappings + window.size() / kHugePageSize;
  uint64_t mappings = max_mappings();
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(mappings > others ? (mappings - others) / 2 : 1, 1, slots));
}

Result<MemoryMapper::HeldUp> WindowMapper::map(Slot, GuestRange range, const MemorySource& source) {
  if (source.flags != RegionFlags()) {
    return fail(ENOSPC, "map a region that needs a memory slot: device memory has no room for any");
  }
  Turn turn(turn_);
  // The memory is mapped elsewhere first: the kernel unmaps what is in the way before it finds that
  // a file can't be mapped.
  auto memory = TRY(MemoryMapping::shared(source.fd, source.offset, source.size));
  {
    MutexLock lock(holes_->mutex);
    holes_->regions.insert(range.start(), range);
  }
  auto moved = std::move(memory).move_onto(host(range.start()));
  if (moved) return turn.duration();
  ignore(fill_hole(range), "the error of the move says more");
  return tl::unexpected(moved.error());
}

Result<MemoryMapper::HeldUp> WindowMapper::unmap(Slot, GuestRange range) {
  if (!holes_->has(range)) return HeldUp(0);
  Turn turn(turn_);
  TRY(fill_hole(range));
  return turn.duration();
}

bool WindowMapper::has_page(Slot, GuestRange, GuestAddress address, MemoryAccess access) {
  return is_backed(host(address.align_down(kPageSize)), access);
}

Result<void> WindowMapper::quarantine(Slot slot, GuestRange range) {
  TRY(unmap(slot, range));
  return {};
}

Result<std::vector<uint64_t>> WindowMapper::take_dirty_log(Slot) {
  return fail(EINVAL, "read the dirty log of a region without one");
}

std::byte* WindowMapper::host(GuestAddress address) const {
  return memory_.data() + (address.value() - window_.start().value());
}

// Replaces whatever is mapped at `range` in one step: the guest finds the old or the new.
Result<void> WindowMapper::fill(GuestRange range, bool writable) {
  auto map = [this](uint64_t at, uint64_t size, int protection, int flags, int fd) {
    return mmap(host(GuestAddress(at)), size, protection, flags | MAP_FIXED, fd,
                static_cast<off_t>(at % kHugePageSize)) != MAP_FAILED;
  };
  constexpr const char* kAction = "fill a hole in the window";
  uint64_t start = range.start().value();
  uint64_t end = start + range.size();
  if (!writable) {
    if (!map(start, range.size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1)) {
      return fail_errno(kAction);
    }
    // A host without transparent huge pages gives the guest small pages of zeros.
    madvise(host(range.start()), range.size(), MADV_HUGEPAGE);
    return {};
  }
  for (uint64_t at = start; at < end;) {
    uint64_t size = std::min(end, at / kHugePageSize * kHugePageSize + kHugePageSize) - at;
    if (!map(at, size, PROT_READ | PROT_WRITE, MAP_SHARED, scratch_.fd())) {
      return fail_errno(kAction);
    }
    at += size;
  }
  return {};
}

// Makes a hole of the region at `range`.
Result<void> WindowMapper::fill_hole(GuestRange range) {
  MutexLock lock(holes_->mutex);
  for (;;) {
    bool writable = holes_->writable;
    lock.unlock();
    auto filled = fill(range, writable);
    lock.lock();
    if (!filled) return filled;
    if (writable == holes_->writable) break;
  }
  holes_->regions.erase(range.start());
  return {};
}

bool WindowMapper::make_holes_writable() {
  {
    MutexLock lock(holes_->mutex);
    if (std::exchange(holes_->writable, true)) return false;
  }
  uint64_t end = window_.start().value() + window_.size();
  // The lock is given up after each piece, so that nobody waits for the whole window.
  for (uint64_t at = window_.start().value(); at < end;) {
    MutexLock lock(holes_->mutex);
    uint64_t until = holes_->end_of(at, std::min(end, at + kHugePageSize));
    if (until == at) {
      at = holes_->end_of_region(at);
      continue;
    }
    auto filled = fill(*GuestRange::create(GuestAddress(at), until - at), true);
    ignore(filled, "a guest that writes there stops, and the machine says why");
    at = until;
  }
  return true;
}

}  // namespace vm_control
