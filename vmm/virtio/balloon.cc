// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/balloon.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kHasStats = 1 << 1;
constexpr uint64_t kDeflatesOnOom = 1 << 2;  // which is up to the driver
constexpr uint64_t kHasPoison = 1 << 4;
constexpr uint64_t kReports = 1 << 5;

constexpr uint16_t kStatsIndex = 2;
constexpr std::array<uint16_t, 5> kQueueSizes{128, 128, 128, 128, 128};

constexpr size_t kUnreadChainsPerTurn = 64;

// A guest that writes its size all the time does not keep the owner busy.
constexpr std::chrono::milliseconds kLeastBetweenChanges{50};

}  // namespace

Result<std::unique_ptr<VirtioBalloon>> VirtioBalloon::create(const GuestRam& ram, EventLoop& loop,
                                                             Options options) {
  EventFd changed = TRY(EventFd::create());
  std::unique_ptr<VirtioBalloon> balloon(
      new VirtioBalloon(ram, std::move(changed), std::move(options)));
  VirtioBalloon* self = balloon.get();
  auto tell_change = [self](uint32_t) { self->tell_change(); };
  balloon->watch_ = TRY(loop.watch(balloon->changed_.fd(), EPOLLIN, std::move(tell_change)));
  balloon->wake_ = loop.timer([self] { self->changed_.signal(); });
  return balloon;
}

VirtioBalloon::VirtioBalloon(const GuestRam& ram, EventFd changed, Options options)
    : pages_(ram),
      options_(std::move(options)),
      changed_(std::move(changed)),
      progress_(ram.size() / kPageSize, options_.now()) {}

void VirtioBalloon::tell_change() {
  changed_.take();
  auto now = Timer::Clock::now();
  if (now < next_change_) {
    wake_.call_at(next_change_);
    return;
  }
  next_change_ = now + kLeastBetweenChanges;
  {
    MutexLock lock(mutex_);
    if (auto stuck_at = progress_.stuck_at(options_.now())) wake_.call_at(*stuck_at);
  }
  options_.on_change();
}

Result<void> VirtioBalloon::adjust(int32_t num_pages) {
  MutexLock lock(mutex_);
  uint64_t before = progress_.target_pages();
  TRY(progress_.adjust(num_pages, options_.now()));
  tell_target(before);
  return {};
}

Result<void> VirtioBalloon::set_target(uint64_t bytes) {
  MutexLock lock(mutex_);
  uint64_t before = progress_.target_pages();
  TRY(progress_.set_target(bytes / kPageSize, options_.now()));
  tell_target(before);
  return {};
}

void VirtioBalloon::tell_target(uint64_t before) {
  if (progress_.target_pages() == before) return;
  driver_->config_changed();
  changed_.signal();
}

BalloonStatus VirtioBalloon::status() const {
  MutexLock lock(mutex_);
  return progress_.status(options_.now());
}

Result<void> VirtioBalloon::request_stats() {
  MutexLock lock(mutex_);
  if (!driver_) return fail(ENOTCONN, "ask the balloon for statistics");
  if (!(features_ & kHasStats)) return fail(ENOTSUP, "ask the balloon for statistics");
  stats_wanted_ = true;
  driver_->serve(kStatsIndex);
  return {};
}

uint64_t VirtioBalloon::reports() const {
  MutexLock lock(mutex_);
  return reports_;
}

std::optional<BalloonStats> VirtioBalloon::stats() const {
  MutexLock lock(mutex_);
  std::optional<BalloonStats> stats = stats_;
  if (stats) stats->age_ms = age_ms(stats_told_, options_.now());
  return stats;
}

uint64_t VirtioBalloon::features() const {
  return kHasStats | kDeflatesOnOom | kHasPoison | kReports;
}

std::span<const uint16_t> VirtioBalloon::queue_sizes() const {
  return kQueueSizes;
}

VirtioBalloon::ConfigBytes VirtioBalloon::config() const {
  uint64_t target = std::min<uint64_t>(progress_.target_pages(), UINT32_MAX);
  return std::bit_cast<ConfigBytes>(
      Config{.num_pages = static_cast<uint32_t>(target), .actual = actual_, .poison = poison_});
}

void VirtioBalloon::read_config(uint64_t offset, std::span<std::byte> out) const {
  MutexLock lock(mutex_);
  ConfigBytes bytes = config();
  if (offset >= bytes.size()) return;
  size_t count = std::min<uint64_t>(out.size(), bytes.size() - offset);
  std::memcpy(out.data(), bytes.data() + offset, count);
}

void VirtioBalloon::write_config(uint64_t offset, std::span<const std::byte> data) {
  MutexLock lock(mutex_);
  ConfigBytes bytes = config();
  if (offset >= bytes.size() || data.size() > bytes.size() - offset) return;
  std::memcpy(bytes.data() + offset, data.data(), data.size());
  auto written = std::bit_cast<Config>(bytes);
  poison_ = written.poison;
  if (written.actual == actual_) return;
  actual_ = written.actual;
  progress_.set_actual(actual_, options_.now());
  changed_.signal();
}

void VirtioBalloon::activate(uint64_t features, DriverHandle& driver) {
  MutexLock lock(mutex_);
  features_ = features;
  driver_ = &driver;
  progress_.set_driver_ready(true, options_.now());
  // It may have told its size before it said that it is ready.
  progress_.set_actual(actual_, options_.now());
  changed_.signal();
}

void VirtioBalloon::reset() {
  inflate_.reset();
  reporting_.reset();
  stats_queue_.reset();
  MutexLock lock(mutex_);
  if (driver_) {
    progress_.set_driver_ready(false, options_.now());
    changed_.signal();
  }
  driver_ = nullptr;
  features_ = 0;
  actual_ = 0;
  poison_ = 0;
  stats_wanted_ = false;
  stats_.reset();
}

VirtioBalloon::Role VirtioBalloon::role_of(uint16_t index) const {
  if (index == 0) return Role::kInflate;
  if (index == 1) return Role::kDeflate;
  if (index == kStatsIndex && features_ & kHasStats) return Role::kStats;
  return features_ & kReports ? Role::kReporting : Role::kNone;
}

Result<bool> VirtioBalloon::serve(uint16_t index, Virtqueue& queue) {
  MutexLock lock(mutex_);
  Role role = role_of(index);
  bool may_return_reported = !(features_ & kHasPoison) || poison_ == 0;
  lock.unlock();
  switch (role) {
    case Role::kInflate:
      return inflate_.serve(queue);
    case Role::kStats:
      return serve_stats(queue);
    case Role::kReporting:
      return reporting_.serve(queue, may_return_reported);
    case Role::kDeflate:  // the guest gets its pages back by touching them
    case Role::kNone:
      break;
  }
  return give_back_unread(queue);
}

Result<bool> VirtioBalloon::give_back_unread(Virtqueue& queue) {
  for (size_t i = 0; i < kUnreadChainsPerTurn; ++i) {
    std::optional<DescriptorChain> chain = TRY(queue.pop());
    if (!chain) return false;
    queue.push(chain->head, 0);
  }
  return true;
}

Result<bool> VirtioBalloon::serve_stats(Virtqueue& queue) {
  MutexLock lock(mutex_);
  bool is_wanted = std::exchange(stats_wanted_, false);
  lock.unlock();
  StatsQueue::Turn turn = TRY(stats_queue_.serve(queue, is_wanted));
  lock.lock();
  if (is_wanted && !turn.has_asked) stats_wanted_ = true;  // once the driver offers its buffer
  if (turn.stats) {
    stats_ = turn.stats;
    stats_told_ = options_.now();
    ++reports_;
    changed_.signal();
  }
  return turn.has_more;
}

}  // namespace vm_control::vmm
