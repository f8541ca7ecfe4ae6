// SPDX-License-Identifier: BSD-3-Clause
// The virtio-balloon device. The guest's driver gives pages back to the host until it has given as
// many as the host asks for (inflates), or takes them back (deflates).
//
// The balloon grows only as far as the driver lets it. `actual_bytes` is what the driver says; the
// guest may say what it likes, and gets pages back by touching them. So a balloon is a limit for an
// honest guest only.
//
// The target belongs to the host: it stays while the guest resets the device, and the next driver
// finds it. Page numbers are 32 bits wide, so a guest can give back pages below 16 TiB.
//
// Features: statistics, deflate on OOM, free page reporting, page poison. The specification gives
// each queue a fixed number, and Linux numbers those that a driver uses successively. The device
// takes both: all queues behind that of the statistics are for reports.
//
// Threads: vm_control::Balloon's functions on any thread, at the same time; VirtioDevice's as it
// says. The device thread does all that concerns the guest's memory.
// Source: VIRTIO 1.2, section 5.5; Linux's drivers/virtio/virtio_balloon.c.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "vm_control/balloon/balloon_progress.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vm_control/resources/balloon.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/inflate_queue.h"
#include "vmm/virtio/page_returner.h"
#include "vmm/virtio/reporting_queue.h"
#include "vmm/virtio/stats_queue.h"
#include "vmm/virtio/virtio_device.h"

namespace vm_control::vmm {

class VirtioBalloon final : public VirtioDevice, public Balloon {
 public:
  using Clock = BalloonProgress::Clock;

  struct Options {
    // The device thread calls it soon after status() or reports() has changed, at most 20 times a
    // second. It may call the balloon.
    Function<void()> on_change = [] {};
    Clock::time_point (*now)() = &Clock::now;  // a test's own time
  };

  // ram     outlives this.
  // loop    the device thread's. It runs only while this lives.
  // Errors  EMFILE, ENFILE, ENOMEM, ENOSPC.
  static Result<std::unique_ptr<VirtioBalloon>> create(const GuestRam& ram, EventLoop& loop,
                                                       Options options);

  // The pages that the guest has given back, or tried to, since the start. Any thread.
  PageReturner::Totals totals() const { return pages_.totals(); }

  // Balloon. No call fails with EAGAIN.
  Result<void> adjust(int32_t num_pages) override;
  Result<void> set_target(uint64_t bytes) override;
  BalloonStatus status() const override;
  Result<void> request_stats() override;
  uint64_t reports() const override;
  std::optional<BalloonStats> stats() const override;

  // VirtioDevice.
  uint32_t type() const override { return 5; }
  uint64_t features() const override;
  std::span<const uint16_t> queue_sizes() const override;
  void read_config(uint64_t offset, std::span<std::byte> out) const override;
  void write_config(uint64_t offset, std::span<const std::byte> data) override;
  void activate(uint64_t features, DriverHandle& driver) override;
  void reset() override;
  Result<bool> serve(uint16_t index, Virtqueue& queue) override;

 private:
  // As in the device's configuration.
  struct Config {
    uint32_t num_pages = 0;  // the target
    uint32_t actual = 0;     // the driver writes it
    uint32_t free_page_hint = 0;
    uint32_t poison = 0;  // the driver writes it
  };
  using ConfigBytes = std::array<std::byte, sizeof(Config)>;
  enum class Role { kNone, kInflate, kDeflate, kStats, kReporting };

  VirtioBalloon(const GuestRam& ram, EventFd changed, Options options);

  ConfigBytes config() const REQUIRES(mutex_);
  Role role_of(uint16_t index) const REQUIRES(mutex_);
  // Tells the driver its target, if that is not `before` any more.
  void tell_target(uint64_t before) REQUIRES(mutex_);
  static Result<bool> give_back_unread(Virtqueue& queue);
  Result<bool> serve_stats(Virtqueue& queue);
  void tell_change();

  // The device thread's, as are the queues: a QueueRunner calls one at a time.
  PageReturner pages_;
  InflateQueue inflate_{pages_};
  ReportingQueue reporting_{pages_};
  StatsQueue stats_queue_;

  Options options_;
  EventFd changed_;  // wakes the device thread, to tell the owner
  Watch watch_;
  Timer wake_;  // when the guest will be stuck, or the owner may be told again
  Timer::Clock::time_point next_change_;

  mutable Mutex mutex_;
  BalloonProgress progress_ GUARDED_BY(mutex_);
  DriverHandle* driver_ GUARDED_BY(mutex_) = nullptr;  // while active
  uint64_t features_ GUARDED_BY(mutex_) = 0;           // of that driver
  uint32_t actual_ GUARDED_BY(mutex_) = 0;             // as the driver wrote it
  uint32_t poison_ GUARDED_BY(mutex_) = 0;
  bool stats_wanted_ GUARDED_BY(mutex_) = false;
  uint64_t reports_ GUARDED_BY(mutex_) = 0;
  std::optional<BalloonStats> stats_ GUARDED_BY(mutex_);
  Clock::time_point stats_told_ GUARDED_BY(mutex_);
};

}  // namespace vm_control::vmm
