// SPDX-License-Identifier: BSD-3-Clause
// The fixed-size frames of the wire. Integers stand in them at fixed offsets, little-endian.
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

// Each frame starts with its type, an integer of 32 bits.
inline constexpr size_t kTypeAt = 0;

using RequestFrame = std::array<std::byte, kRequestSize>;
using ResponseFrame = std::array<std::byte, kResponseSize>;

// An integer can be copied as it is, because every x86 host has the byte order of the wire.
static_assert(std::endian::native == std::endian::little);

// Stores `value` at `offset`. All of it must lie within the frame.
template <size_t N>
void store(std::array<std::byte, N>& frame, size_t offset, std::integral auto value) {
  std::memcpy(frame.data() + offset, &value, sizeof(value));
}

// The integer at `offset`. All of it must lie within the frame.
template <std::integral Integer>
Integer load(std::span<const std::byte> frame, size_t offset) {
  Integer value;
  std::memcpy(&value, frame.data() + offset, sizeof(value));
  return value;
}

}  // namespace vm_control
