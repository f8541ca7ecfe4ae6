// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/subscription.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <span>

#include "vm_control/client/wait_readable.h"
#include "vm_control/transport/message.h"

namespace vm_control {

using Kind = CallError::Kind;

CallResult<Event> Subscription::next(std::chrono::milliseconds deadline) {
  constexpr const char* kAction = "receive an event";
  if (!events_) return fail_call(Kind::kDisconnected, Error(ENOTCONN, kAction));
  if (!wait_readable(events_.get(), deadline)) {
    return fail_call(Kind::kTimedOut, Error(EAGAIN, kAction));
  }
  // One byte more than an event has, to tell a message that is too long.
  std::array<std::byte, kResponseSize + 1> buffer;
  auto message = receive_message(events_.get(), buffer, MSG_DONTWAIT);
  if (!message && message.error().code() == EAGAIN) {
    return fail_call(Kind::kTimedOut, message.error());
  }
  if (!message || message->size == 0) {
    events_.reset();
    return fail_call(Kind::kDisconnected, message ? Error(ECONNRESET, kAction) : message.error());
  }
  if (message->fd || message->fd_error) return fail_call(Kind::kProtocol, Error(EPROTO, kAction));
  auto event = decode_event(std::span(buffer).first(std::min(message->size, buffer.size())));
  if (!event) return fail_call(Kind::kProtocol, event.error());
  return *event;
}

}  // namespace vm_control
