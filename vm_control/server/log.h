// SPDX-License-Identifier: BSD-3-Clause
// The lines that an operator should see, and no more of them than one can read: a peer can't flood
// the log.
// Threads: one, that of the principal or of the listener that writes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "vm_control/base/function.h"
#include "vm_control/base/rate_limiter.h"

namespace vm_control {

class Log {
 public:
  using Sink = Function<void(std::string_view line)>;

  explicit Log(Sink sink) : sink_(std::move(sink)) {}

  // Hands `line` on, or counts it where there were too many of late.
  void write(const std::string& line) {
    if (!limiter_.allow(RateLimiter::Clock::now())) return;
    if (uint64_t more = limiter_.take_suppressed()) {
      sink_(std::to_string(more) + " lines like these were left out");
    }
    sink_(line);
  }

 private:
  static constexpr double kLinesPerSecond = 5;
  static constexpr uint32_t kLinesAtOnce = 50;

  Sink sink_;
  RateLimiter limiter_{kLinesPerSecond, kLinesAtOnce};
};

}  // namespace vm_control
