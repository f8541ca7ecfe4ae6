// SPDX-License-Identifier: BSD-3-Clause
// The calls that other threads post to a loop. It takes nothing from the heap in the steady state.
// Threads: post() by any; the rest by the loop's.
#pragma once

#include <utility>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/function.h"
#include "vm_control/base/mutex.h"

namespace vm_control::internal {

class PostedCalls {
 public:
  explicit PostedCalls(EventFd wake) : wake_(std::move(wake)) {}

  // Readable when there is something to call, or after wake().
  int fd() const { return wake_.fd(); }
  void wake() { wake_.signal(); }

  void post(Function<void()> call) {
    MutexLock lock(mutex_);
    if (closed_) return;
    calls_.push_back(std::move(call));
    wake_.signal();
  }

  // Calls what has been posted so far; returns how many that were.
  int call_all() {
    wake_.take();
    {
      MutexLock lock(mutex_);
      calling_.swap(calls_);
    }
    int called = static_cast<int>(calling_.size());
    for (Function<void()>& each : calling_) each();
    calling_.clear();
    return called;
  }

  // Drops what was not called yet, and what is posted from now on.
  void close() {
    std::vector<Function<void()>> dropped;
    MutexLock lock(mutex_);
    closed_ = true;
    dropped.swap(calls_);
  }

 private:
  EventFd wake_;
  Mutex mutex_;
  std::vector<Function<void()>> calls_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<Function<void()>> calling_;  // the loop's
};

}  // namespace vm_control::internal
