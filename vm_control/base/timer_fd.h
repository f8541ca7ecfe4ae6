// SPDX-License-Identifier: BSD-3-Clause
// A deadline that an EventLoop can wait for: a one-shot timerfd(2) on the monotonic clock.
#pragma once

#include <chrono>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class TimerFd {
 public:
  // Creates one that is not armed. Errors: EMFILE, ENFILE, ENOMEM.
  static Result<TimerFd> create();

  int fd() const { return fd_.get(); }

  // Makes the descriptor readable once, `delay` from now (at least a nanosecond). Replaces an
  // earlier deadline.
  void arm(std::chrono::nanoseconds delay);

  // Takes the expiry, so that the descriptor is no longer readable.
  void take();

 private:
  explicit TimerFd(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace vm_control
