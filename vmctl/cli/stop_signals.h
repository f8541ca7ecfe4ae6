// SPDX-License-Identifier: BSD-3-Clause
// SIGINT, SIGTERM and SIGHUP as events of a loop.
#pragma once

#include <functional>
#include <memory>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {

class StopSignals final : private EventHandler {
 public:
  // Blocks the signals in this thread and in those that it starts from now on, and calls
  // `on_signal` in `loop` when one comes. `loop` outlives this. Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<StopSignals>> watch(EventLoop& loop,
                                                    std::function<void()> on_signal);
  ~StopSignals();

 private:
  StopSignals(EventLoop& loop, UniqueFd fd, std::function<void()> on_signal);

  void on_events(uint32_t events) override;

  EventLoop& loop_;
  UniqueFd fd_;
  std::function<void()> on_signal_;
};

}  // namespace vm_control::vmctl
