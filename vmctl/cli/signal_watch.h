// SPDX-License-Identifier: BSD-3-Clause
// Signals as events of a loop. A signal that this process was started to ignore stays ignored:
// `nohup` counts on it, and so does a shell that starts a job in the background.
#pragma once

#include <span>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {

class SignalWatch {
 public:
  // Blocks the signals in this thread and in those that it starts later, and calls `on_signal` with
  // the number of each that comes, in `loop`, which outlives the returned object. The signals stay
  // blocked after that. Errors: EMFILE, ENFILE, ENOMEM.
  static Result<SignalWatch> create(EventLoop& loop, std::span<const int> signals,
                                    Function<void(int)> on_signal);

 private:
  SignalWatch(UniqueFd fd, Watch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}

  UniqueFd fd_;
  Watch watch_;
};

}  // namespace vm_control::vmctl
