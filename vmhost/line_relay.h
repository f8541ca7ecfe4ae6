// SPDX-License-Identifier: BSD-3-Clause
// Makes lines fit for a log out of what an untrusted program writes: each is printable, none is
// long, and there are no more of them than one can read.
// Pure: the caller says what time it is. Threads: one at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "vm_control/base/rate_limiter.h"

namespace vm_control::vmhost {

class LineRelay {
 public:
  using Clock = RateLimiter::Clock;
  using Sink = std::function<void(const std::string& line)>;

  // The bytes of a line; the log is told that the rest was cut off. Escapes come on top.
  static constexpr size_t kLongest = 512;
  static constexpr double kLinesPerSecond = 20;
  static constexpr uint32_t kLinesAtOnce = 100;

  // Takes the next `bytes` of the program, and hands each line that they end to `sink`, or drops it
  // where there were too many of late. The next line that is not dropped comes after one that says
  // how many were.
  void add(std::string_view bytes, Clock::time_point now, const Sink& sink);

  // Ends the line that has begun, if one has, and says how many were dropped since it was last
  // said.
  void finish(Clock::time_point now, const Sink& sink);

 private:
  void append(std::string_view bytes);
  void end_line(Clock::time_point now, const Sink& sink);
  void tell_dropped(const Sink& sink);

  std::string line_;     // what has come of it, without the line break
  bool is_cut_ = false;  // whether more has come than line_ has
  RateLimiter limiter_{kLinesPerSecond, kLinesAtOnce};
};

}  // namespace vm_control::vmhost
