// SPDX-License-Identifier: BSD-3-Clause
// Receives one request frame for a Dispatcher.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "vm_control/protocol/frame.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/transport/message.h"

namespace vm_control {

// Room for a request, and for one byte more, which tells that a message was too long.
using RequestBuffer = std::array<std::byte, kRequestSize + 1>;

// The request in `received`, whose bytes are in `buffer`.
inline Dispatcher::Message message_in(const RequestBuffer& buffer, ReceivedMessage& received) {
  return {.bytes = std::span(buffer).first(std::min(received.size, buffer.size())),
          .fd = std::move(received.fd),
          .fd_error = received.fd_error};
}

}  // namespace vm_control
