// SPDX-License-Identifier: BSD-3-Clause
// How a balloon's guest follows its target: the state that a device with a driver in the guest is
// in. A device calls this with what it hears from both sides.
//
// Pure: the moment is passed in, and no later than the next call's. A guest makes progress if its
// balloon comes nearer to the target than it has been since the target or the driver last changed:
// one that gives a page and takes it back is stuck.
// Threads: not synchronised.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "vm_control/balloon/balloon_target.h"
#include "vm_control/base/result.h"
#include "vm_control/model/balloon_status.h"

namespace vm_control {

class BalloonProgress {
 public:
  using Clock = std::chrono::steady_clock;

  // A guest that has not come nearer for this long is stuck.
  static constexpr std::chrono::seconds kPatience{5};

  // There is no driver at first, and the target is 0.
  //
  // ram_pages  4 KiB pages of RAM: the largest target.
  BalloonProgress(uint64_t ram_pages, Clock::time_point now)
      : target_(ram_pages), ram_pages_(ram_pages), since_(now) {}

  // Move the target as Balloon::adjust() and Balloon::set_target() do, the second in pages.
  // Errors: ENOTCONN (there is no driver).
  Result<void> adjust(int32_t num_pages, Clock::time_point now);
  Result<void> set_target(uint64_t pages, Clock::time_point now);

  // The guest's driver has begun, or has gone. The target stays, for the next driver to follow; the
  // actual size is 0, because a driver that begins has nothing in its balloon.
  void set_driver_ready(bool is_ready, Clock::time_point now);

  // The driver says that the balloon has `pages` of 4 KiB; more than RAM counts as all of it.
  // Without a driver, this changes nothing.
  void set_actual(uint64_t pages, Clock::time_point now);

  uint64_t target_pages() const { return target_.pages(); }
  uint64_t actual_pages() const { return actual_pages_; }
  bool is_driver_ready() const { return is_driver_ready_; }

  BalloonStatus status(Clock::time_point now) const;

  // When status() becomes kStuck unless something happens before; nothing if it is not kAdjusting
  // at `now`.
  std::optional<Clock::time_point> stuck_at(Clock::time_point now) const;

 private:
  uint64_t distance() const;
  BalloonState state(Clock::time_point now) const;
  void begin(Clock::time_point now);

  BalloonTarget target_;
  uint64_t ram_pages_;
  uint64_t actual_pages_ = 0;
  bool is_driver_ready_ = false;
  uint64_t nearest_ = 0;     // the shortest distance to the target, in pages
  Clock::time_point since_;  // the last progress, or the last change of what it is measured by
};

// Milliseconds from `begin` to `end` as the wire has them: at most UINT32_MAX.
uint32_t age_ms(std::chrono::steady_clock::time_point begin,
                std::chrono::steady_clock::time_point end);

}  // namespace vm_control
