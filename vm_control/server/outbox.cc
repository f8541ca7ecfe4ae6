// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/outbox.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"

namespace vm_control {
namespace {

// Whether the peer took it; false if it has to wait.
Result<bool> try_send(int socket, const Response& response) {
  EncodedResponse encoded = encode(response);
  auto sent = send_message(socket, encoded.bytes, encoded.fd, MSG_DONTWAIT);
  if (!sent && sent.error().code() == EAGAIN) return false;
  TRY(std::move(sent));
  return true;
}

}  // namespace

Result<void> Outbox::send(int socket, Response response) {
  if (empty()) {
    if (TRY(try_send(socket, response))) return {};
    stalled_since_ = Clock::now();
  }
  waiting_.push(std::move(response));
  return {};
}

Result<void> Outbox::flush(int socket) {
  while (!empty() && TRY(try_send(socket, waiting_.front()))) {
    waiting_.pop();
    stalled_since_ = Clock::now();
  }
  return {};
}

}  // namespace vm_control
