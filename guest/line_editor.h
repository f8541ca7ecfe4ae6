// SPDX-License-Identifier: BSD-3-Clause
// Makes lines of the characters that a person or a script types, and says what to echo.
//
// A line ends with "\r", "\n" or "\r\n". Backspace and delete take a character back, ^U all of
// them. A tab counts as a space; other control characters and bytes above 0x7e are ignored.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

class LineEditor {
 public:
  static constexpr uint32_t kMaxLength = 127;

  struct Step {
    // What the terminal shows now; borrowed until the next call.
    Text echo;
    // The line is complete: look at it before the next call, which starts the next one.
    bool complete = false;
  };

  Step type(char character);

  // More than kMaxLength characters, of which only the first were kept.
  bool too_long() const { return length_ > kMaxLength; }
  Text line() const { return {buffer_, too_long() ? kMaxLength : length_}; }

 private:
  Step insert(char character);
  Step erase(uint32_t count);
  Step end();

  // Counts what was typed past the end of the buffer too, so that backspace finds its way back.
  uint32_t length_ = 0;
  bool complete_ = false;
  bool after_return_ = false;
  char buffer_[kMaxLength];
  char echo_[3 * kMaxLength];
};

}  // namespace vm_control::guest
