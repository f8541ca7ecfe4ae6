// SPDX-License-Identifier: BSD-3-Clause
// The responses that a peer has not taken yet: in order, bounded, sent without blocking.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/ring_buffer.h"
#include "vm_control/protocol/response.h"
#include "vm_control/server/untaken_fds.h"

namespace vm_control {

class Outbox {
 public:
  using Clock = std::chrono::steady_clock;

  // How many responses may wait: a client may have that many requests unanswered.
  static constexpr size_t kCapacity = 64;

  // account  pays for the descriptors of responses until the peer takes them.
  explicit Outbox(std::shared_ptr<Account> account) : untaken_(std::move(account)) {}

  // Sends `response` to the connected `socket`, or queues it behind those that wait already.
  // Call only while !full(). Errors: the connection is lost; EDQUOT, EMFILE (the peer leaves more
  // descriptors untaken than its account has room for).
  Result<void> send(int socket, Response response);

  // Sends the waiting responses, as far as the peer takes them. Errors: as send() says.
  Result<void> flush(int socket);

  bool empty() const { return waiting_.empty(); }
  bool full() const { return waiting_.full(); }
  size_t size() const { return waiting_.size(); }

  // The descriptors that were not taken, and not sent yet.
  UntakenFds& untaken() { return untaken_; }
  const UntakenFds& untaken() const { return untaken_; }

  // Since when the peer has taken nothing, although a response waits.
  Clock::time_point stalled_since() const { return stalled_since_; }

 private:
  // Whether the peer took it; false if it has to wait.
  Result<bool> try_send(int socket, const EncodedResponse& encoded);

  UntakenFds untaken_;
  // In place: a peer that is slow makes the server allocate nothing.
  RingBuffer<Response, kCapacity> waiting_;
  Clock::time_point stalled_since_;
};

}  // namespace vm_control
