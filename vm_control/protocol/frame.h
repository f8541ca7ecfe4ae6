// SPDX-License-Identifier: BSD-3-Clause
// The fixed-size frames of the wire, and how integers stand in them: little-endian, at fixed
// offsets.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>

namespace vm_control {

inline constexpr size_t kRequestSize = 32;
inline constexpr size_t kResponseSize = 48;

// Each frame starts with its type, 32 bits.
inline constexpr size_t kTypeAt = 0;

using RequestFrame = std::array<std::byte, kRequestSize>;
using ResponseFrame = std::array<std::byte, kResponseSize>;

// An integer is one copy: every host of KVM's x86 guests has the byte order of the wire.
static_assert(std::endian::native == std::endian::little);

// Stores `value` at `offset`, which with sizeof(value) is within the frame.
template <size_t N>
void store(std::array<std::byte, N>& frame, size_t offset, std::integral auto value) {
  std::memcpy(frame.data() + offset, &value, sizeof(value));
}

// The integer at `offset`, which with sizeof(Integer) is within the frame.
template <std::integral Integer>
Integer load(std::span<const std::byte> frame, size_t offset) {
  Integer value;
  std::memcpy(&value, frame.data() + offset, sizeof(value));
  return value;
}

}  // namespace vm_control
