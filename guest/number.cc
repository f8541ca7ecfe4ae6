// SPDX-License-Identifier: BSD-3-Clause
#include "guest/number.h"

namespace vm_control::guest {
namespace {

constexpr uint32_t kNoDigit = 16;

uint32_t digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<uint32_t>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<uint32_t>(character - 'a') + 10;
  if (character >= 'A' && character <= 'F') return static_cast<uint32_t>(character - 'A') + 10;
  return kNoDigit;
}

bool has_hex_prefix(Text text) {
  return text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
}

}  // namespace

bool parse_number(Text text, uint32_t& value) {
  const bool hex = has_hex_prefix(text);
  const uint32_t base = hex ? 16 : 10;
  uint32_t result = 0;
  if (text.size == 0) return false;
  for (uint32_t i = hex ? 2 : 0; i < text.size; ++i) {
    const uint32_t next = digit(text.data[i]);
    if (next >= base) return false;
    if (result > (UINT32_MAX - next) / base) return false;
    result = result * base + next;
  }
  value = result;
  return true;
}

}  // namespace vm_control::guest
