// SPDX-License-Identifier: BSD-3-Clause
// A view of characters, and a line that grows. Freestanding 32-bit code can't use those of the
// standard library.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

// A view of characters, without a terminator.
struct Text {
  constexpr Text() = default;
  constexpr Text(const char* characters, uint32_t count) : data(characters), size(count) {}
  // A view of a terminated string.
  constexpr Text(const char* string) : data(string) {
    while (data[size]) ++size;
  }

  const char* data = "";
  uint32_t size = 0;
};

bool operator==(Text a, Text b);

// A line of output in a buffer of its own. It drops characters that no longer fit.
class Line {
 public:
  static constexpr uint32_t kCapacity = 512;

  Line& add(Text text);
  Line& add_decimal(uint32_t value);
  // Adds 0x and eight digits.
  Line& add_hex(uint32_t value);

  Text text() const { return {buffer_, size_}; }

 private:
  uint32_t size_ = 0;
  char buffer_[kCapacity];
};

}  // namespace vm_control::guest
