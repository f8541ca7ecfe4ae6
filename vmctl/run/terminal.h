// SPDX-License-Identifier: BSD-3-Clause
// Puts a terminal into raw mode, and back when the object ends or when a signal kills the process.
#pragma once

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Whether `fd` is a terminal that this process may read from: a job in the background may not.
bool is_foreground_terminal(int fd);

class RawTerminal {
 public:
  // Puts the terminal `fd` into raw mode. Only one RawTerminal exists at a time.
  // Errors: ENOTTY, EIO.
  static Result<RawTerminal> enter(int fd);

  RawTerminal(RawTerminal&& other) noexcept;
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

 private:
  RawTerminal() = default;

  bool active_ = true;
};

}  // namespace vm_control::vmctl
