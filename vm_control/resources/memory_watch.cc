// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_watch.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kCheckPause(50);
constexpr uint32_t kChecksPerLook = 20;  // for full disks

// Faults for which no cause is found: how many are retried in a second, and how many at once.
constexpr double kCauselessRate = 100;
constexpr uint32_t kCauselessBurst = 1000;

}  // namespace

Result<std::unique_ptr<MemoryWatch>> MemoryWatch::create(EventLoop& loop, DeviceMemory& memory,
                                                         MemoryFaults& faults) {
  std::unique_ptr<MemoryWatch> watch(new MemoryWatch(loop, memory, faults));
  watch->reports_ = TRY(loop.watch(faults.event().fd(), EPOLLIN, [raw = watch.get()](uint32_t) {
    raw->faults_.serve([raw](auto where) { return raw->on_memory_fault(where); },
                       [raw](GuestAddress where) { return raw->on_access(where); });
  }));
  memory.set_shrinkable_listener([raw = watch.get(), poster = loop.poster()](bool) {
    poster.post([raw] { raw->set_watching(raw->memory_.has_shrinkable()); });
  });
  return watch;
}

MemoryWatch::MemoryWatch(EventLoop& loop, DeviceMemory& memory, MemoryFaults& faults)
    : loop_(loop),
      memory_(memory),
      faults_(faults),
      causeless_faults_(kCauselessRate, kCauselessBurst) {}

MemoryWatch::~MemoryWatch() {
  memory_.set_shrinkable_listener([](bool) {});
}

bool MemoryWatch::on_memory_fault(std::optional<GuestAddress> where) {
  if (memory_.quarantine_vanished(where) > 0) return true;
  if (where && memory_.is_quarantined(*where)) return true;
  if (memory_.make_holes_writable()) return true;
  if (where) return false;
  if (!memory_.has_shrinkable()) return false;
  if (memory_.quarantine(memory_.find_starved()) > 0) return true;
  return causeless_faults_.allow(RateLimiter::Clock::now()) || memory_.quarantine_shrinkable() > 0;
}

bool MemoryWatch::check() {
  return memory_.quarantine_vanished({}) > 0;
}

bool MemoryWatch::look_for_full_disks() {
  auto starved = memory_.find_starved();
  auto before = std::exchange(starved_, starved);
  std::erase_if(starved, [&](Handle each) { return std::ranges::count(before, each) == 0; });
  return memory_.quarantine(starved) > 0;
}

void MemoryWatch::set_watching(bool watching) {
  faults_.set_watching(watching);
  if (watching) {
    check_later();
  } else {
    next_check_ = Timer();
  }
}

void MemoryWatch::check_later() {
  next_check_ = loop_.call_at(EventLoop::Clock::now() + kCheckPause, [this] {
    bool replaced = check();
    if (++checks_ % kChecksPerLook == 0) replaced |= look_for_full_disks();
    // The fault of a vCPU may be on its way here, and would find no cause any more.
    if (replaced) faults_.advance_epoch();
    if (memory_.has_shrinkable()) check_later();
  });
}

}  // namespace vm_control
