// SPDX-License-Identifier: BSD-3-Clause
// SIGINT, SIGTERM and SIGHUP as events of a loop.
#pragma once

#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {

class StopSignals {
 public:
  // Blocks the signals in this thread and in those that it starts later, and calls `on_signal` in
  // `loop` when one comes. `loop` outlives the returned object. The signals stay blocked after
  // that.
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<StopSignals> create(EventLoop& loop, Function<void()> on_signal);

  StopSignals(StopSignals&&) = default;
  StopSignals& operator=(StopSignals&&) = delete;

 private:
  StopSignals(UniqueFd fd, Watch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}

  UniqueFd fd_;
  Watch watch_;
};

}  // namespace vm_control::vmctl
