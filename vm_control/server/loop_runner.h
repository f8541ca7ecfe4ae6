// SPDX-License-Identifier: BSD-3-Clause
// Runs the loops of a server: a thread for each, unless a program has another way.
//
// A test runs all loops on its own thread, step by step: an EventLoop has a descriptor that is
// readable when it has something to do.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control {

class LoopRunner {
 public:
  virtual ~LoopRunner() = default;

  // Runs `loop`, which belongs to `served`, until stop(). The runner's reference to `served` is the
  // last one then, and it is dropped where the loop ran.
  //
  // name    at most 15 characters.
  // Errors  EAGAIN  there are too many threads.
  virtual Result<void> start(const char* name, EventLoop& loop, std::shared_ptr<void> served) = 0;

  // Stops all loops. Returns how many of them had not ended after `patience`: they are stuck in a
  // system call, and go on with what they serve until that returns.
  virtual size_t stop(std::chrono::milliseconds patience) = 0;
};

class ThreadRunner final : public LoopRunner {
 public:
  // How long a thread has to end that is not stuck.
  static constexpr std::chrono::milliseconds kPatience{100};

  // on_start  called by each thread before anything else.
  explicit ThreadRunner(std::function<void()> on_start);
  // Stops the loops that still run.
  ~ThreadRunner() override;

  Result<void> start(const char* name, EventLoop& loop, std::shared_ptr<void> served) override;
  size_t stop(std::chrono::milliseconds patience) override;

 private:
  struct State;

  std::function<void()> on_start_;
  std::shared_ptr<State> state_;  // the threads share it: one that is stuck outlives this
};

}  // namespace vm_control
