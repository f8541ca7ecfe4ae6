// SPDX-License-Identifier: BSD-3-Clause
// SIGINT, SIGTERM, SIGHUP and SIGXCPU as events of a loop.
#pragma once

#include <utility>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vmctl/cli/signal_watch.h"

namespace vm_control::vmctl {

class StopSignals {
 public:
  // Calls `on_signal` in `loop` when one of the signals comes, as SignalWatch::create() says.
  static Result<StopSignals> create(EventLoop& loop, Function<void()> on_signal);

  // Lets the signals end the process from now on, as they do by default: for the time when no loop
  // looks for them.
  static void unblock();

 private:
  explicit StopSignals(SignalWatch watch) : watch_(std::move(watch)) {}

  SignalWatch watch_;
};

}  // namespace vm_control::vmctl
