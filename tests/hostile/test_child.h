// SPDX-License-Identifier: BSD-3-Clause
// A process that runs one function and is killed with its owner.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <utility>

namespace vm_control {

class TestChild {
 public:
  // Forks; the child ends when `run` returns. The caller has one thread. A child that becomes
  // another user calls die_with_owner() then.
  explicit TestChild(const std::function<void()>& run);
  TestChild(TestChild&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  TestChild& operator=(TestChild&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~TestChild() { kill_and_wait(); }

  static void die_with_owner();

  // Starts a process that uses a processor whenever nobody else does, and calls `work` in a loop.
  static TestChild at_low_priority(const std::function<void()>& work);

  pid_t pid() const { return pid_; }
  void signal(int number) const { kill(pid_, number); }
  void kill_and_wait();
  // Waits until the process ends by itself. Returns whether its exit status is 0.
  bool wait();

 private:
  pid_t pid_ = -1;
};

}  // namespace vm_control
