// SPDX-License-Identifier: BSD-3-Clause
// Receives one request frame for a Dispatcher.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "vm_control/accounts/account.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/transport/message.h"

namespace vm_control {

// The descriptors that a principal has for a message even if it has its share of them: one that a
// request takes, and one that tells that there are too many.
constexpr uint32_t kLeastMessageFds = 2;

// The further ones for which it has room, charged to `account`. Keep the charge until those that
// came are closed.
inline Charge charge_message_fds(Account& account) {
  return account.charge_descriptors(kMaxMessageFds - kLeastMessageFds);
}

// How many a message may bring.
inline size_t max_fds(const Charge& charge) {
  return kLeastMessageFds + charge.resources().descriptors;
}

// Room for a request, and for one byte more, which tells that a message was too long.
using RequestBuffer = std::array<std::byte, kRequestSize + 1>;

// The request in `received`, whose bytes are in `buffer`.
inline Dispatcher::Message message_in(const RequestBuffer& buffer, ReceivedMessage& received) {
  return {.bytes = std::span(buffer).first(std::min(received.size, buffer.size())),
          .fd = std::move(received.fd),
          .fd_error = received.fd_error};
}

}  // namespace vm_control
