// SPDX-License-Identifier: BSD-3-Clause
// Characters: a view of some, and a line of them that grows. The standard library has neither for
// freestanding 32-bit code.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

// Borrows its characters; they are not terminated.
struct Text {
  constexpr Text() = default;
  constexpr Text(const char* characters, uint32_t count) : data(characters), size(count) {}
  // Of a terminated string.
  constexpr Text(const char* string) : data(string) {
    while (data[size]) ++size;
  }

  const char* data = "";
  uint32_t size = 0;
};

bool operator==(Text a, Text b);

// A line of output in a buffer of its own. Drops what no longer fits.
class Line {
 public:
  static constexpr uint32_t kCapacity = 512;

  Line& add(Text text);
  Line& add_decimal(uint32_t value);
  // As 0x and eight digits.
  Line& add_hex(uint32_t value);

  Text text() const { return {buffer_, size_}; }

 private:
  uint32_t size_ = 0;
  char buffer_[kCapacity];
};

}  // namespace vm_control::guest
