// SPDX-License-Identifier: BSD-3-Clause
// For tests: frames as hexadecimal text, four bytes a group, in the form of docs/protocol.md.
#pragma once

#include <fcntl.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/frame.h"

namespace vm_control {

template <size_t N>
std::string to_hex(const std::array<std::byte, N>& frame) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < N; ++i) {
    if (i && i % 4 == 0) text += ' ';
    text += kDigits[std::to_integer<size_t>(frame[i] >> 4)];
    text += kDigits[std::to_integer<size_t>(frame[i] & std::byte{15})];
  }
  return text;
}

template <size_t N>
std::array<std::byte, N> from_hex(std::string_view text) {
  std::array<std::byte, N> frame{};
  size_t digit = 0;
  for (char c : text) {
    if (c == ' ') continue;
    int value = c <= '9' ? c - '0' : c - 'a' + 10;
    frame.at(digit / 2) |= std::byte(digit % 2 ? value : value << 4);
    ++digit;
  }
  return frame;
}

// A frame of 32 bytes with the type `type`, known or not, and zeros behind it.
inline RequestFrame request_frame(uint32_t type) {
  RequestFrame frame{};
  store(frame, 0, type);
  return frame;
}

// The same with 48 bytes, and with an errno.
inline ResponseFrame response_frame(uint32_t type, uint32_t code = 0) {
  ResponseFrame frame{};
  store(frame, 0, type);
  store(frame, 4, code);
  return frame;
}

// A descriptor to send with a frame.
inline UniqueFd open_null() {
  return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

}  // namespace vm_control
