// SPDX-License-Identifier: BSD-3-Clause
// One connection: receives requests, has them answered, and never waits for its peer.
//
// A peer that does not take its responses is not read from any more once as many of them wait as
// its account allows, and its delegate ends the session when it has taken none for too long; the same
// goes for one whose user is held up by what it sent. A peer that sends no more gets the
// responses that it has not taken yet; one that is gone has what it sent after the first response
// that can't be delivered dropped.
//
// What is registered in a session is its owner's, whom it stands for; its delegate releases that when
// it ends.
// Threads: the control thread only.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/server/outbox.h"

namespace vm_control {

class Session final : public EventHandler, private Dispatcher::ResponseSink {
 public:
  // Who owns the session.
  class Delegate {
   public:
    // `session` is over; destroy it.
    virtual void on_ended(Session& session) = 0;
    // `session` waits for its peer to take responses.
    virtual void on_stalled(Session& session) = 0;
    // A session waits for its user, which is held up: check_user() of each again in a while.
    virtual void on_backlogged() = 0;

   protected:
    ~Delegate() = default;
  };

  // Takes over `socket`, which is connected. `id` is for the delegate; `charge` is for the session
  // itself. The others outlive this.
  Session(uint64_t id, UniqueFd socket, Caller caller, Charge charge, EventLoop& loop,
          Dispatcher& dispatcher, Delegate& delegate);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Begins to serve. Errors: as EventLoop::watch() says.
  Result<void> start();

  uint64_t id() const { return id_; }
  const Caller& caller() const { return caller_; }
  // Why the session makes no progress, for as long as it makes none.
  struct Stall {
    const char* why;
    Outbox::Clock::time_point since;
  };
  std::optional<Stall> stall() const;

  // Looks again whether its user is still held up.
  void check_user();

  void on_events(uint32_t events) override;

 private:
  enum class State { kServing, kEnded };

  State serve(uint32_t events);
  State serve_one_request(uint32_t events);
  State send(Response response);
  void go_on(State state);
  void wait_for_what_is_next();
  bool may_be_read() const;
  void on_answer(Response response) override;

  uint64_t id_;
  UniqueFd socket_;
  Caller caller_;
  Charge charge_;
  EventLoop& loop_;
  Dispatcher& dispatcher_;
  Delegate& delegate_;
  Outbox outbox_;
  size_t max_unanswered_;
  bool peer_finished_ = false;
  bool awaits_answer_ = false;  // to a request that takes its time
  std::optional<Outbox::Clock::time_point> backlogged_since_;
  uint32_t watched_ = 0;
};

}  // namespace vm_control
