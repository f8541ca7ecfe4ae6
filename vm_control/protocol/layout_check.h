// SPDX-License-Identifier: BSD-3-Clause
// Checks the layout of a message at compile time:
//
//   static_assert(layout_is_sound<RequestFrame, request::MapMemory>());
//
// It is sound if each field lies within the payload of the frame, stands at a multiple of its size,
// and shares no bit with another; and if each flag is one bit.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <tuple>

#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/frame_layout.h"

namespace vm_control::internal {

template <class Frame>
class LayoutChecker {
 public:
  // payload_at  where the first field may stand.
  constexpr explicit LayoutChecker(size_t payload_at) : payload_at_(payload_at) {}

  template <class T>
  constexpr void field(const char* /*name*/, size_t offset, const T&) {
    using Integer = decltype(to_integer(std::declval<T>()));
    claim(offset, sizeof(Integer), ~uint64_t{0});
  }

  template <class T>
  constexpr void choice(Flag flag, const T&, T, T) {
    if (!std::has_single_bit(flag.mask)) is_sound_ = false;
    claim(kFlagsAt, sizeof(flag.mask), flag.mask);
  }
  constexpr void flag(Flag flag, bool value) { choice(flag, value, false, true); }

  template <class T>
  constexpr void optional(const char* name, size_t offset, const std::optional<T>&, Flag flag,
                          Presence = Presence::kPresent) {
    this->flag(flag, true);
    field(name, offset, T());
  }

  constexpr bool is_sound() const { return is_sound_; }

 private:
  // The bits `mask` of an integer.
  constexpr void claim(size_t offset, size_t size, uint64_t mask) {
    if (offset < payload_at_ || offset % size != 0 || offset + size > claimed_.size()) {
      is_sound_ = false;
      return;
    }
    for (size_t i = 0; i < size; ++i) {
      auto bits = static_cast<uint8_t>(mask >> 8 * i);
      if (claimed_[offset + i] & bits) is_sound_ = false;
      claimed_[offset + i] |= bits;
    }
  }

  size_t payload_at_;
  std::array<uint8_t, std::tuple_size_v<Frame>> claimed_{};
  bool is_sound_ = true;
};

// Behind the type. In a response that is not of the 2018 protocol, bytes 4 to 7 are reserved.
template <class Frame>
constexpr size_t payload_at(uint32_t type) {
  return std::tuple_size_v<Frame> == kResponseSize && is_extended(type) ? 8 : 4;
}

template <class Frame, class Message>
constexpr bool layout_is_sound() {
  LayoutChecker<Frame> checker(payload_at<Frame>(Message::kType));
  const Message message{};
  lay_out(checker, message);
  return checker.is_sound();
}

}  // namespace vm_control::internal
