// SPDX-License-Identifier: BSD-3-Clause
// A job at a terminal of its own, and a shell that moves it between foreground and background.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <functional>

#include "vm_control/base/unique_fd.h"

namespace vm_control::vmctl {

class TestJob {
 public:
  // Runs `job` in a process of its own, in the background, with the terminal as its descriptor
  // `kTerminal`. Neither outlives this.
  explicit TestJob(const std::function<void()>& job);
  ~TestJob();
  TestJob(const TestJob&) = delete;
  TestJob& operator=(const TestJob&) = delete;

  static constexpr int kTerminal = 0;

  void bring_to_foreground() const { move('f', job_); }
  void send_to_background() const { move('b', shell_); }
  void type(const char* keys) const;
  void signal(int number) const;

  // Waits until the terminal is raw, or is not. Returns whether it is so.
  bool becomes_raw(bool raw) const;
  // Makes the terminal as it was at first, as a shell does when a job stops.
  void make_fresh() const { tcsetattr(terminal_.get(), TCSANOW, &fresh_); }
  // Waits until the job has stopped. Returns whether it has.
  bool becomes_stopped() const;
  // Waits for the end of the job; returns the signal that ended it, 0 for none.
  int wait();

 private:
  [[noreturn]] void be_shell(const std::function<void()>& job, const UniqueFd& orders,
                             const UniqueFd& reports);
  void tell(char order) const;
  void move(char order, pid_t foreground) const;

  UniqueFd controller_;
  UniqueFd terminal_;
  UniqueFd orders_;
  UniqueFd reports_;
  termios fresh_{};
  pid_t shell_ = 0;
  pid_t job_ = 0;
};

}  // namespace vm_control::vmctl
