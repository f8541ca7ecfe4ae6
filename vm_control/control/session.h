// SPDX-License-Identifier: BSD-3-Clause
// One connection: receives requests, has them answered, and never waits for its peer.
//
// A peer that does not take its responses is not read from any more once Outbox::kCapacity of them
// wait, and its host ends the session when it has taken none for too long. A peer that sends no
// more gets the responses that it has not taken yet; one that is gone has what it sent after the
// first response that can't be delivered dropped.
// Threads: the control thread only.
#pragma once

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/control/executor.h"
#include "vm_control/control/outbox.h"

namespace vm_control {

class Session final : public EventHandler {
 public:
  // Who owns the session.
  class Host {
   public:
    // `session` is over; destroy it.
    virtual void on_ended(Session& session) = 0;
    // `session` waits for its peer to take responses.
    virtual void on_stalled(Session& session) = 0;

   protected:
    ~Host() = default;
  };

  // Takes over `socket`, which is connected. The others outlive this.
  Session(UniqueFd socket, EventLoop& loop, Executor& executor, Host& host);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Begins to serve. Errors: as EventLoop::watch() says.
  Result<void> start();

  bool is_stalled() const { return !outbox_.empty(); }
  Outbox::Clock::time_point stalled_since() const { return outbox_.stalled_since(); }

  void on_events(uint32_t events) override;

 private:
  enum class State { kServing, kEnded };

  State serve(uint32_t events);
  State serve_one_request();
  void wait_for_what_is_next();

  UniqueFd socket_;
  EventLoop& loop_;
  Executor& executor_;
  Host& host_;
  Outbox outbox_;
  bool peer_finished_ = false;
  uint32_t watched_ = 0;
};

}  // namespace vm_control
