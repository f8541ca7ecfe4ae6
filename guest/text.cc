// SPDX-License-Identifier: BSD-3-Clause
#include "guest/text.h"

namespace vm_control::guest {

bool operator==(Text a, Text b) {
  if (a.size != b.size) return false;
  for (uint32_t i = 0; i < a.size; ++i) {
    if (a.data[i] != b.data[i]) return false;
  }
  return true;
}

Line& Line::add(Text text) {
  for (uint32_t i = 0; i < text.size && size_ < kCapacity; ++i) buffer_[size_++] = text.data[i];
  return *this;
}

Line& Line::add_decimal(uint32_t value) {
  char digits[10];
  uint32_t first = sizeof(digits);
  do {
    digits[--first] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value);
  return add(Text(digits + first, static_cast<uint32_t>(sizeof(digits)) - first));
}

Line& Line::add_hex(uint32_t value) {
  add("0x");
  for (int shift = 28; shift >= 0; shift -= 4)
    add(Text(&"0123456789abcdef"[value >> shift & 15], 1));
  return *this;
}

}  // namespace vm_control::guest
