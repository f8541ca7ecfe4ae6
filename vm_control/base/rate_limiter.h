// SPDX-License-Identifier: BSD-3-Clause
// Limits how often something may happen: a token bucket. Keeps a peer from flooding the log.
//
//   if (limiter.allow(Clock::now())) log(..., limiter.take_suppressed());
//
// Pure: the caller says what time it is. Threads: not synchronised.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace vm_control {

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // per_second  how often it may happen in the long run; 0 or more.
  // burst       how often without a pause, at first and after a while of silence.
  RateLimiter(double per_second, uint32_t burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Whether it may happen at `now`. A time before that of an earlier call counts as that one.
  bool allow(Clock::time_point now) {
    if (now > last_) {
      std::chrono::duration<double> passed = now - last_;
      tokens_ = std::min<double>(burst_, tokens_ + passed.count() * per_second_);
      last_ = now;
    }
    if (tokens_ < 1) {
      ++suppressed_;
      return false;
    }
    tokens_ -= 1;
    return true;
  }

  // How often allow() has refused since the last call of this.
  uint64_t take_suppressed() { return std::exchange(suppressed_, 0); }

 private:
  double per_second_;
  uint32_t burst_;
  double tokens_;
  Clock::time_point last_;  // the time that tokens_ is for
  uint64_t suppressed_ = 0;
};

}  // namespace vm_control
