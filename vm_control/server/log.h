// SPDX-License-Identifier: BSD-3-Clause
// The lines that an operator should see, and no more of them than one can read: a peer can't flood
// the log.
// Threads: one, that of the principal or of the listener that writes.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "vm_control/base/rate_limiter.h"
#include "vm_control/server/log_queue.h"

namespace vm_control {

class Log {
 public:
  explicit Log(std::shared_ptr<LogQueue> queue) : queue_(std::move(queue)) {}

  // Hands `line` on, or counts it where there were too many of late.
  void write(const std::string& line) {
    if (!limiter_.allow(RateLimiter::Clock::now())) return;
    if (uint64_t more = limiter_.take_suppressed()) {
      queue_->write(std::to_string(more) + " lines like these were left out");
    }
    queue_->write(line);
  }

 private:
  static constexpr double kLinesPerSecond = 5;
  static constexpr uint32_t kLinesAtOnce = 50;

  std::shared_ptr<LogQueue> queue_;
  RateLimiter limiter_{kLinesPerSecond, kLinesAtOnce};
};

}  // namespace vm_control
