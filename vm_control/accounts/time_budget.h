// SPDX-License-Identifier: BSD-3-Clause
// How long a principal may keep others waiting for a lock of the kernel that all share: a second at
// once, and a tenth of the time in the long run. What takes less than a millisecond is free.
//
// Pure: the caller says what time it is. Threads: not synchronised.
#pragma once

#include <algorithm>
#include <chrono>

namespace vm_control {

class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kFree = std::chrono::milliseconds(1);

  void spend(Clock::duration time, Clock::time_point now) {
    refill(now);
    left_ -= std::max(time - kFree, Clock::duration(0));
  }

  bool is_overdrawn(Clock::time_point now) {
    refill(now);
    return left_ < Clock::duration(0);
  }

 private:
  static constexpr Clock::duration kMost = std::chrono::seconds(1);
  static constexpr int kRefill = 10;  // takes this many times as long as it gives

  void refill(Clock::time_point now) {
    if (now <= last_) return;
    left_ = std::min(kMost, left_ + std::min<Clock::duration>((now - last_) / kRefill, kMost * 60));
    last_ = now;
  }

  Clock::duration left_ = kMost;
  Clock::time_point last_;  // the time that left_ is for
};

}  // namespace vm_control
