// SPDX-License-Identifier: BSD-3-Clause
// The common part of the codecs of requests and of responses.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "vm_control/protocol/declaration.h"
#include "vm_control/protocol/frame_layout.h"
#include "vm_control/protocol/layout_check.h"

namespace vm_control::internal {

// The frame of `message`, one alternative of a variant, and the descriptor that it carries.
template <class Encoded, class Message>
Encoded encode_as(const Message& message) {
  using Frame = decltype(Encoded::bytes);
  static_assert(layout_is_sound<Frame, Message>());
  Encoded out;
  store(out.bytes, kTypeAt, Message::kType);
  FrameWriter<Frame> writer(out.bytes);
  lay_out(writer, message);
  if constexpr (CarriesDescriptor<Message>) out.fd = (message.*Message::kDescriptor.member).get();
  return out;
}

// Calls `visit` with the identity of the alternative whose type is `type`; nothing if there is
// none.
template <class... Each, class Visit>
void find_type(uint32_t type, std::type_identity<std::variant<Each...>>, Visit visit) {
  static_cast<void>(((type == Each::kType && (visit(std::type_identity<Each>()), true)) || ...));
}

// Whether no two alternatives of a variant have the same type.
template <class... Each>
constexpr bool types_differ(std::type_identity<std::variant<Each...>>) {
  std::array types{Each::kType...};
  std::ranges::sort(types);
  return std::ranges::adjacent_find(types) == types.end();
}

}  // namespace vm_control::internal
