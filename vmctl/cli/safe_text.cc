// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/safe_text.h"

#include <fmt/core.h>

#include <cstdint>

namespace vm_control::vmctl {
namespace {

struct Character {
  uint32_t code = 0;
  size_t size = 0;  // bytes; 0 if it is not UTF-8
};

// The first character of `text`, which is not empty.
Character first_of(std::string_view text) {
  auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
  constexpr uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0x80) return {byte(0), 1};
  size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc0 || byte(0) >= 0xf8 || text.size() < size) return {};
  uint32_t code = byte(0) & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLowest[size] || is_surrogate || code > 0x10ffff) return {};
  return {code, size};
}

bool is_printable(uint32_t code) {
  bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  bool is_format = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2060 && code <= 0x206f) || code == 0x61c || code == 0xfeff;
  return !is_control && !is_format;
}

}  // namespace

std::string safe_text(std::string_view text, char kept) {
  std::string safe;
  while (!text.empty()) {
    Character first = first_of(text);
    size_t size = first.size ? first.size : 1;
    if (first.size && (is_printable(first.code) || (kept && text[0] == kept))) {
      safe += text.substr(0, size);
    } else {
      for (char each : text.substr(0, size)) {
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(each));
      }
    }
    text.remove_prefix(size);
  }
  return safe;
}

}  // namespace vm_control::vmctl
