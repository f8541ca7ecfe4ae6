// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/fourcc.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace vm_control {
namespace {

constexpr size_t kLength = 4;

// Whether ASCII has it as a printable character, whatever the locale is.
bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLength && text[0] != ' ' &&
         std::ranges::all_of(text, is_printable);
}

}  // namespace

std::string fourcc_name(uint32_t fourcc) {
  std::string name;
  for (size_t i = 0; i < kLength; ++i) name += static_cast<char>(fourcc >> (8 * i));
  if (is_name(name)) return name.substr(0, name.find_last_not_of(' ') + 1);

  std::array<char, sizeof("0x00000000")> hex;
  std::snprintf(hex.data(), hex.size(), "0x%08x", fourcc);
  return hex.data();
}

Result<uint32_t> parse_fourcc(std::string_view name) {
  if (!is_name(name)) return fail(EINVAL, "read a pixel format out of", std::string(name));
  uint32_t fourcc = 0;
  for (size_t i = 0; i < kLength; ++i) {
    char c = i < name.size() ? name[i] : ' ';
    fourcc |= uint32_t{static_cast<unsigned char>(c)} << (8 * i);
  }
  return fourcc;
}

}  // namespace vm_control
