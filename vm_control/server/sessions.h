// SPDX-License-Identifier: BSD-3-Clause
// The sessions of a server, and what ends with each: its registrations and subscriptions.
// Threads: the loop's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>

#include "vm_control/accounts/users.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/connections.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/requests/executor.h"
#include "vm_control/server/event_publisher.h"
#include "vm_control/server/log.h"
#include "vm_control/server/session.h"

namespace vm_control {

class Sessions final : public Connections, private Session::Delegate {
 public:
  // Each of these outlives the sessions.
  struct Parts {
    EventLoop& loop;
    Executor& executor;
    Users& users;
    EventPublisher& publisher;
    Log& log;
  };
  struct Options {
    // How long a session may leave its responses untaken before it is ended.
    std::chrono::milliseconds deadline;
    // Called when a connection has ended by itself: its descriptors are free.
    Function<void()> on_room;
    // Called by each thread that a request needs before anything else.
    std::function<void()> on_thread_start;
  };

  // Errors: as Dispatcher::create() says.
  static Result<std::unique_ptr<Sessions>> create(const Parts& parts, Options options);
  // Ends them all.
  ~Sessions();

  // Answers the requests of the sessions, and of datagram endpoints.
  Dispatcher& dispatcher() { return *dispatcher_; }

  // Serves `connection` for `caller`. `id` names the session; `charge` is for it.
  // Errors: as Session::create() says.
  Result<void> add(OwnerId id, UniqueFd connection, const Caller& caller, Charge charge);

  Result<UniqueFd> open_session(const Caller& caller) override;
  Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask) override;
  uint32_t session_count() const override { return static_cast<uint32_t>(sessions_.size()); }

  // Calls function(session) for each, in no particular order.
  template <class Function>
  void for_each(Function function) const {
    for (const auto& [id, session] : sessions_) function(*session);
  }

 private:
  Sessions(const Parts& parts, Options options) : parts_(parts), options_(std::move(options)) {}

  void end(Session& session);

  void on_ended(Session& session) override;
  void on_overdue(Session& session, const char* why) override;

  Parts parts_;
  Options options_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unordered_map<OwnerId, std::unique_ptr<Session>> sessions_;
};

}  // namespace vm_control
