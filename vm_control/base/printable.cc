// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vm_control {
namespace {

struct Characters {
  char32_t first;
  char32_t last;
};

// Characters that steer a terminal, are invisible or turn the direction of text around, and numbers
// that stand for no character.
// Source: Unicode's categories Cc, Cf, Zl, Zp, Cs and Co, and all that lies beyond Unicode.
constexpr std::array kUnprintable = {
    Characters{0, 0x1f},          Characters{0x7f, 0x9f},     Characters{0xad, 0xad},
    Characters{0x61c, 0x61c},     Characters{0x180e, 0x180e}, Characters{0x200b, 0x200f},
    Characters{0x2028, 0x202e},   Characters{0x2060, 0x206f}, Characters{0xd800, 0xf8ff},
    Characters{0xfeff, 0xfeff},   Characters{0xfff0, 0xffff}, Characters{0x1d173, 0x1d17a},
    Characters{0xe0000, 0x1fffff}};

bool is_printable(char32_t code) {
  return std::ranges::none_of(kUnprintable, [code](const Characters& each) {
    return each.first <= code && code <= each.last;
  });
}

// The bytes of a character that starts with `first`; 0 if none does.
size_t size_of_character(uint8_t first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

// The bytes of the printable character that `text`, which is not empty, starts with; 0 if it starts
// with something else.
size_t starts_printable(std::string_view text) {
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  auto first = static_cast<uint8_t>(text[0]);
  size_t size = size_of_character(first);
  if (size == 0 || size > text.size()) return 0;
  char32_t code = size == 1 ? first : first & (0x7fU >> size);
  for (char next : text.substr(1, size - 1)) {
    auto byte = static_cast<uint8_t>(next);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3f);
  }
  return code >= kSmallest[size] && is_printable(code) ? size : 0;
}

std::string escaped(char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  auto number = static_cast<uint8_t>(byte);
  return {'\\', 'x', kDigits[number >> 4], kDigits[number & 0xf]};
}

}  // namespace

std::string printable(std::string_view bytes, char kept) {
  std::string text;
  while (!bytes.empty()) {
    size_t size = kept && bytes[0] == kept ? 1 : starts_printable(bytes);
    text += size > 0 ? std::string(bytes.substr(0, size)) : escaped(bytes[0]);
    bytes.remove_prefix(std::max<size_t>(size, 1));
  }
  return text;
}

}  // namespace vm_control
