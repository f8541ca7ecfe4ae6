// SPDX-License-Identifier: BSD-3-Clause
// From a received message to its response: every message gets exactly one.
#pragma once

#include <span>

#include "vm_control/control/executor.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"

namespace vm_control {

// Decodes `message` and executes it, unless it is malformed.
//
// bytes     the buffer that the message was received into, kRequestSize long.
// Responds  Err(EMSGSIZE)       the message is not kRequestSize bytes.
//           Err(E2BIG, EMFILE)  as ReceivedMessage::fd_error says.
//           Err(EOPNOTSUPP, EBADF)  as decode_request() says.
// Of these nothing is executed.
Response answer(Executor& executor, std::span<const std::byte> bytes, ReceivedMessage message);

}  // namespace vm_control
