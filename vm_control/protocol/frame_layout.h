// SPDX-License-Identifier: BSD-3-Clause
// Writes and reads a frame by one description of where its fields stand:
//
//   template <class Wire, Is<request::UnmapMemory> Request>
//   void lay_out(Wire& wire, Request& request) { wire.field(8, request.handle); }
//
// A FrameWriter puts the fields into the frame, a FrameReader takes them out of it, so that what is
// left shows what nobody understood. Offsets are in bytes, and the field ends within the frame.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "vm_control/protocol/frame.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/vm_status.h"

namespace vm_control::internal {

// T, constant or not: a writer is given constants.
template <class Actual, class T>
concept Is = std::same_as<std::remove_const_t<Actual>, T>;

// The integer that a field is on the wire, and the way back.
template <std::integral T>
constexpr T to_integer(T value) {
  return value;
}
template <class T>
requires requires(T value) {
  value.value();
}
constexpr auto to_integer(T value) {
  return value.value();
}
constexpr uint32_t to_integer(Rights rights) {
  return rights.mask();
}
constexpr uint32_t to_integer(VmState state) {
  return static_cast<uint32_t>(state);
}

template <class T>
constexpr T from_integer(auto integer) {
  if constexpr (std::same_as<T, Rights>) {
    return Rights::from_mask(integer);
  } else {
    return static_cast<T>(integer);
  }
}

// What the bit of an optional field says.
enum class Bit { kHasIt, kLacksIt };

template <class Frame>
class FrameWriter {
 public:
  explicit FrameWriter(Frame& frame) : frame_(frame) {}

  template <class T>
  void field(size_t offset, const T& value) {
    store(frame_, offset, to_integer(value));
  }

  // A bit of the flags at `flags_offset`: set if `value` is `set`.
  template <class T>
  void choice(size_t flags_offset, uint32_t bit, const T& value, T /*clear*/, T set) {
    if (value != set) return;
    store(frame_, flags_offset, load<uint32_t>(frame_, flags_offset) | bit);
  }
  void flag(size_t flags_offset, uint32_t bit, bool value) {
    choice(flags_offset, bit, value, false, true);
  }

  // A field that is zero if it is not given, and the flag that tells.
  template <class T>
  void optional(size_t flags_offset, uint32_t bit, Bit meaning, size_t offset,
                const std::optional<T>& value) {
    flag(flags_offset, bit, value.has_value() == (meaning == Bit::kHasIt));
    if (value) field(offset, *value);
  }

 private:
  Frame& frame_;
};

template <class Frame>
class FrameReader {
 public:
  // bytes  as many as a Frame has.
  explicit FrameReader(std::span<const std::byte> bytes) {
    std::memcpy(rest_.data(), bytes.data(), rest_.size());
  }

  template <class T>
  void field(size_t offset, T& value) {
    using Integer = decltype(to_integer(value));
    value = from_integer<T>(load<Integer>(rest_, offset));
    store(rest_, offset, Integer{0});
  }

  template <class T>
  void choice(size_t flags_offset, uint32_t bit, T& value, T clear, T set) {
    auto flags = load<uint32_t>(rest_, flags_offset);
    value = flags & bit ? set : clear;
    store(rest_, flags_offset, flags & ~bit);
  }
  void flag(size_t flags_offset, uint32_t bit, bool& value) {
    choice(flags_offset, bit, value, false, true);
  }

  template <class T>
  void optional(size_t flags_offset, uint32_t bit, Bit meaning, size_t offset,
                std::optional<T>& value) {
    bool is_set = false;
    flag(flags_offset, bit, is_set);
    if (is_set == (meaning == Bit::kHasIt)) field(offset, value.emplace());
  }

  // Whether every byte that was not read is zero.
  bool rest_is_zero() const { return rest_ == Frame{}; }

 private:
  Frame rest_;
};

}  // namespace vm_control::internal
