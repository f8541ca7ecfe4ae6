// SPDX-License-Identifier: BSD-3-Clause
// A terminal in raw mode, which is put back when this goes, and when a signal kills the process.
#pragma once

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Whether `fd` is a terminal that this process may read from: not of a job in the background.
bool is_foreground_terminal(int fd);

class RawTerminal {
 public:
  // Puts the terminal `fd` into raw mode; there is one RawTerminal at a time. Errors: ENOTTY, EIO.
  static Result<RawTerminal> enter(int fd);

  RawTerminal(RawTerminal&& other) noexcept;
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

 private:
  RawTerminal() = default;

  bool active_ = true;
};

}  // namespace vm_control::vmctl
