// SPDX-License-Identifier: BSD-3-Clause
// The responses that a peer has not taken yet: in order, bounded, sent without blocking.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "vm_control/base/result.h"
#include "vm_control/protocol/response.h"

namespace vm_control {

class Outbox {
 public:
  using Clock = std::chrono::steady_clock;

  // How many responses may wait: a client may have that many requests unanswered.
  static constexpr size_t kCapacity = 64;

  // Sends `response` to the connected `socket`, or queues it behind what waits already.
  // Call only while !full(). Errors: the connection is lost.
  Result<void> send(int socket, Response response);

  // Sends what waits, as far as the peer takes it. Errors: the connection is lost.
  Result<void> flush(int socket);

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kCapacity; }
  size_t size() const { return count_; }

  // Since when the peer has taken nothing, although something waits.
  Clock::time_point stalled_since() const { return stalled_since_; }

 private:
  // A ring, and part of the session: a peer that is slow makes the server allocate nothing.
  size_t first_ = 0;
  size_t count_ = 0;
  std::array<Response, kCapacity> waiting_;
  Clock::time_point stalled_since_;
};

}  // namespace vm_control
