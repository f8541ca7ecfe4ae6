// SPDX-License-Identifier: BSD-3-Clause
// The parts that declarations of requests and responses are made of; requests.h says what a
// declaration has.
//
//   template <class Wire, class Self>
//   static constexpr void lay_out(Wire& wire, Self& self) {
//     wire.field("size", 8, self.size);
//     wire.flag({"DETACHED", 4}, self.detached);
//     wire.optional("guest_address", 24, self.at, {"FIXED", 2});
//   }
//
// lay_out() names each field, and says at which byte of the frame it stands. One function serves to
// write a frame, to read one, to check the layout at compile time, and to compare it with the
// document. An integer field has the width of its member.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace vm_control {

// The messages with smaller numbers are those of crosvm's 2018 protocol. All others have layouts of
// their own.
inline constexpr uint32_t kFirstExtendedType = 0x100;

constexpr bool is_extended(uint32_t type) {
  return type >= kFirstExtendedType;
}

// The flags of a request are a 32-bit word here.
inline constexpr size_t kFlagsAt = 4;

// One bit of that word.
struct Flag {
  const char* name;
  uint32_t mask;
};

// Whether a set flag says that an optional field is present or absent.
enum class Presence { kPresent, kAbsent };

// The member of a message that is not in its bytes but travels beside them.
template <class Message, class Fd>
struct Descriptor {
  const char* what;  // "the memory"
  Fd Message::*member;
};
template <class Message, class Fd>
Descriptor(const char*, Fd Message::*) -> Descriptor<Message, Fd>;

template <class Message>
concept CarriesDescriptor = requires {
  Message::kDescriptor;
};

// Calls the layout of `message`; a message without members needs none.
template <class Wire, class Message>
constexpr void lay_out(Wire& wire, Message& message) {
  if constexpr (!std::is_empty_v<Message>) Message::lay_out(wire, message);
}

}  // namespace vm_control
