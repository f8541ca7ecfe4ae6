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
  waiting_[(first_ + count_) % kCapacity] = std::move(response);
  ++count_;
  return {};
}

Result<void> Outbox::flush(int socket) {
  while (!empty() && TRY(try_send(socket, waiting_[first_]))) {
    // What was sent may have a descriptor: that one is closed now.
    waiting_[first_] = response::Ok{};
    first_ = (first_ + 1) % kCapacity;
    --count_;
    stalled_since_ = Clock::now();
  }
  return {};
}

}  // namespace vm_control
