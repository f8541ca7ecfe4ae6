// SPDX-License-Identifier: BSD-3-Clause
// Writes and reads a frame as the lay_out() of a message describes it.
//
// A FrameWriter puts the fields into a frame. A FrameReader takes them out of one and remembers
// which bits it has not read, because a request is refused if any of these is set.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "vm_control/model/rights.h"
#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/frame.h"

namespace vm_control::internal {

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
template <class T>
requires std::is_enum_v<T>
constexpr auto to_integer(T value) {
  return static_cast<std::underlying_type_t<T>>(value);
}

template <class T>
constexpr T from_integer(auto integer) {
  if constexpr (std::same_as<T, Rights>) {
    return Rights::from_mask(integer);
  } else {
    return static_cast<T>(integer);
  }
}

template <class Frame>
class FrameWriter {
 public:
  explicit FrameWriter(Frame& frame) : frame_(frame) {}

  template <class T>
  void field(const char* /*name*/, size_t offset, const T& value) {
    store(frame_, offset, to_integer(value));
  }

  // A member that has one of two values: the flag is set if it is `set`.
  template <class T>
  void choice(Flag flag, const T& value, T /*clear*/, T set) {
    if (value != set) return;
    store(frame_, kFlagsAt, load<uint32_t>(frame_, kFlagsAt) | flag.mask);
  }
  void flag(Flag flag, bool value) { choice(flag, value, false, true); }

  // A field that is zero if the member is empty, and the flag that tells.
  template <class T>
  void optional(const char* name, size_t offset, const std::optional<T>& value, Flag flag,
                Presence meaning = Presence::kPresent) {
    this->flag(flag, value.has_value() == (meaning == Presence::kPresent));
    if (value) field(name, offset, *value);
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
    store(rest_, kTypeAt, uint32_t{0});
  }

  template <class T>
  void field(const char* /*name*/, size_t offset, T& value) {
    using Integer = decltype(to_integer(value));
    value = from_integer<T>(load<Integer>(rest_, offset));
    store(rest_, offset, Integer{0});
  }

  template <class T>
  void choice(Flag flag, T& value, T clear, T set) {
    auto flags = load<uint32_t>(rest_, kFlagsAt);
    value = flags & flag.mask ? set : clear;
    store(rest_, kFlagsAt, flags & ~flag.mask);
  }
  void flag(Flag flag, bool& value) { choice(flag, value, false, true); }

  template <class T>
  void optional(const char* name, size_t offset, std::optional<T>& value, Flag flag,
                Presence meaning = Presence::kPresent) {
    bool is_set = false;
    this->flag(flag, is_set);
    if (is_set == (meaning == Presence::kPresent)) field(name, offset, value.emplace());
  }

  // Whether every bit that was not read is zero. The type counts as read.
  bool rest_is_zero() const { return rest_ == Frame{}; }

 private:
  Frame rest_;
};

}  // namespace vm_control::internal
