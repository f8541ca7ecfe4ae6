// SPDX-License-Identifier: BSD-3-Clause
// Frames as hexadecimal text, four bytes a group, as the protocol document prints them. For tests.
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

// A request of any type, known or not, with every other field zero.
inline RequestFrame request_frame(uint32_t type) {
  RequestFrame frame{};
  store(frame, 0, type);
  return frame;
}

// The same for a response, and the errno that it has if it is an Err.
inline ResponseFrame response_frame(uint32_t type, uint32_t code = 0) {
  ResponseFrame frame{};
  store(frame, 0, type);
  store(frame, 4, code);
  return frame;
}

// A file descriptor to send along, when it does not matter which.
inline UniqueFd open_null() {
  return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

}  // namespace vm_control
