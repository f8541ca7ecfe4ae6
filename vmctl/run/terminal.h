// SPDX-License-Identifier: BSD-3-Clause
// Puts a terminal into raw mode, and back when the object ends or when a signal ends the process.
//
// Only a job in the foreground may change a terminal: to another, the kernel would send SIGTTOU,
// and the terminal is in somebody else's use.
#pragma once

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Whether `fd` is a terminal that this process may use: a job in the background may not.
bool is_foreground_terminal(int fd);

class RawTerminal {
 public:
  // Puts the terminal `fd`, which is this job's, into raw mode. Only one RawTerminal exists at a
  // time. Errors: ENOTTY, EIO.
  static Result<RawTerminal> enter(int fd);

  RawTerminal(RawTerminal&& other) noexcept;
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

  // Puts the terminal into raw mode again, after others had it. It must be this job's.
  void enter_again() const;

  // Puts the terminal back, if it is this job's, until enter_again().
  void leave() const;

 private:
  RawTerminal() = default;

  bool active_ = true;
};

}  // namespace vm_control::vmctl
