// SPDX-License-Identifier: BSD-3-Clause
// Finds calls from the wrong thread: while one thread has claimed an object, others may not use it.
//
//   ThreadChecker::Claim claim(checker_);   in the function whose thread owns the object
//   CHECK(checker_.may_use());              in those that others must not call meanwhile
#pragma once

#include <atomic>
#include <thread>

namespace vm_control {

class ThreadChecker {
 public:
  class Claim {
   public:
    explicit Claim(ThreadChecker& checker)
        : checker_(checker), before_(checker.owner_.exchange(std::this_thread::get_id())) {}
    ~Claim() { checker_.owner_ = before_; }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    ThreadChecker& checker_;
    std::thread::id before_;
  };

  // Whether this thread has the claim, or none has it.
  bool may_use() const {
    std::thread::id owner = owner_;
    return owner == std::thread::id() || owner == std::this_thread::get_id();
  }

 private:
  std::atomic<std::thread::id> owner_;
};

}  // namespace vm_control
