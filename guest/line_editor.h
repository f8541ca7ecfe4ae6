// SPDX-License-Identifier: BSD-3-Clause
// Makes lines from the characters that a person or a script types, and says what to echo.
//
// A line ends with "\r", "\n" or "\r\n". Backspace and delete remove the last character, ^U removes
// all. A tab counts as a space. The editor ignores other control characters, and bytes above 0x7e.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

class LineEditor {
 public:
  static constexpr uint32_t kMaxLength = 127;

  struct Step {
    // To be written to the terminal now. Valid until the next call.
    Text echo;
    // Whether the line is complete. The next call starts another line.
    bool complete = false;
  };

  Step type(char character);

  // Whether the line has more than kMaxLength characters. The editor keeps only the first of them.
  bool too_long() const { return length_ > kMaxLength; }
  Text line() const { return {buffer_, too_long() ? kMaxLength : length_}; }

 private:
  Step insert(char character);
  Step erase(uint32_t count);
  Step end();

  // Includes the characters past the end of the buffer, so that backspace can remove them.
  uint32_t length_ = 0;
  bool complete_ = false;
  bool after_return_ = false;
  char buffer_[kMaxLength];
  char echo_[3 * kMaxLength];
};

}  // namespace vm_control::guest
