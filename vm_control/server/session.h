// SPDX-License-Identifier: BSD-3-Clause
// One connection: receives requests, has them answered, and never waits for its peer.
//
// When a peer leaves as many responses unread as its account allows, the session stops reading from
// it. The session is overdue when its peer reads nothing until the deadline, and its delegate ends
// it. A peer that has finished sending still gets the responses to what it sent; one that is gone
// loses the requests behind the first response that can't be delivered.
//
// Registrations made through a session belong to its owner; its principal releases them when the
// session ends.
// Threads: that of the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/server/outbox.h"

namespace vm_control {

class Session final : private ResponseSink {
 public:
  // Each of these may destroy the session.
  class Delegate {
   public:
    // The connection is over.
    virtual void on_ended(Session& session) = 0;
    // The session has made no progress until its deadline; `why` says what it waited for.
    virtual void on_overdue(Session& session, const char* why) = 0;

   protected:
    ~Delegate() = default;
  };

  struct Options {
    OwnerId id;  // of the session, and of what is registered in it unless the caller has another
    Caller caller;
    Charge charge;  // for the session itself
    std::chrono::milliseconds deadline;
  };

  // Serves `socket`, which is connected. The others outlive the session.
  // Errors: as EventLoop::watch() says.
  static Result<std::unique_ptr<Session>> create(UniqueFd socket, Options options, EventLoop& loop,
                                                 Dispatcher& dispatcher, Delegate& delegate);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  OwnerId id() const { return options_.id; }
  const Caller& caller() const { return options_.caller; }

  // The rest of a connection that has ended, when its peer has not taken all descriptors.
  struct Remains {
    UniqueFd socket;
    UntakenFds untaken;
    Charge charge;  // the session's
  };
  // Call before the session is destroyed. Nothing if all were taken.
  std::optional<Remains> take_remains();

 private:
  using Clock = Outbox::Clock;
  enum class State { kServing, kEnded };

  Session(UniqueFd socket, Options options, EventLoop& loop, Dispatcher& dispatcher,
          Delegate& delegate);

  State serve(uint32_t events);
  State serve_one_request(uint32_t events);
  State send(Response response);
  void go_on(State state);
  void wait_for_events();
  void wait_for_deadline();
  void wait_for_taking();
  void on_deadline();
  bool may_be_read() const;
  void on_answer(Response response) override;
  bool holds_up_others() const override { return false; }

  UniqueFd socket_;
  Options options_;
  Dispatcher& dispatcher_;
  Delegate& delegate_;
  Outbox outbox_;
  size_t max_unanswered_;
  bool peer_finished_ = false;
  bool awaits_answer_ = false;  // to a request that takes its time
  Watch watch_;
  uint32_t watched_;
  Timer deadline_timer_;  // armed while the session is stalled
  Timer taking_timer_;    // armed while the peer leaves too many descriptors untaken
};

}  // namespace vm_control
