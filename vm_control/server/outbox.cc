// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/outbox.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"

namespace vm_control {

Result<bool> Outbox::try_send(int socket, const EncodedResponse& encoded) {
  auto sent = send_message(socket, encoded.bytes, encoded.fd, MSG_DONTWAIT);
  if (!sent && sent.error().code() == EAGAIN) return false;
  TRY(std::move(sent));
  if (encoded.fd >= 0) untaken_.on_sent();
  return true;
}

Result<void> Outbox::send(int socket, Response response) {
  EncodedResponse encoded = encode(response);
  if (encoded.fd >= 0) {
    untaken_.update(socket);
    TRY(untaken_.add(encoded.fd));
  }
  if (empty()) {
    if (TRY(try_send(socket, encoded))) return {};
    stalled_since_ = Clock::now();
  }
  waiting_.push(std::move(response));
  return {};
}

Result<void> Outbox::flush(int socket) {
  while (!empty() && TRY(try_send(socket, encode(waiting_.front())))) {
    waiting_.pop();
    stalled_since_ = Clock::now();
  }
  return {};
}

}  // namespace vm_control
