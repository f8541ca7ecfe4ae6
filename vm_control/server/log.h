// SPDX-License-Identifier: BSD-3-Clause
// The lines that a principal causes, and no more of each kind than one can read: a peer can't flood
// the log, nor hide one kind of line behind another.
// Threads: one, that of the principal or of the listener that writes.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "vm_control/base/rate_limiter.h"
#include "vm_control/server/log_queue.h"

namespace vm_control {

enum class LogKind { kDenied, kRefused, kEnded, kFailed };

class Log {
 public:
  explicit Log(std::shared_ptr<LogQueue> queue) : queue_(std::move(queue)) {}

  // Hands `line` on, or counts it where there were too many of its kind of late.
  void write(LogKind kind, const std::string& line) {
    RateLimiter& limiter = limiters_[static_cast<size_t>(kind)];
    if (!limiter.allow(RateLimiter::Clock::now())) return;
    if (uint64_t more = limiter.take_suppressed()) {
      queue_->write(std::to_string(more) + " lines like the next were left out");
    }
    queue_->write(line);
  }

 private:
  static RateLimiter limiter() { return RateLimiter(5, 50); }  // lines a second, and at once

  std::shared_ptr<LogQueue> queue_;
  std::array<RateLimiter, 4> limiters_{limiter(), limiter(), limiter(), limiter()};
};

}  // namespace vm_control
