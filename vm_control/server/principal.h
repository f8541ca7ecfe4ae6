// SPDX-License-Identifier: BSD-3-Clause
// A principal: a user at a socket, or the one peer of an adopted connection.
//
// It has an account, sessions and subscriptions, and a loop that a thread of its own runs. That
// thread does everything that a peer can make slow: it receives, maps and unmaps memory, calls the
// GPU's driver, sends, and closes. So a principal keeps only itself waiting.
// Threads: that of the loop, unless a function says something else.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/event_relays.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/connections.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/server/datagram_endpoint.h"
#include "vm_control/server/log.h"
#include "vm_control/server/server_context.h"
#include "vm_control/server/session.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Principal final : public Connections, private Session::Delegate {
 public:
  // How many connections may wait for the principal's thread before its socket slows down, and how
  // many when the principal has its share of descriptors.
  static constexpr uint32_t kMaxArriving = 16;
  static constexpr uint32_t kLeastArriving = 4;

  // A connection that somebody made.
  struct Arrival {
    UniqueFd socket;
    Credentials peer;
    Rights rights;
    SealPolicy seal_policy = SealPolicy::kPrefer;
    Doorbells doorbells = Doorbells::kDirect;
    // A datagram pair raises no hangup when its peer goes. So what is registered through it does
    // not end with it, but belongs to the principal.
    bool has_hangup = true;
    Charge charge = {};  // for the socket while it waits, which serve() and refuse() set
  };

  // Errors: as EventLoop::create() says.
  static Result<std::shared_ptr<Principal>> create(std::shared_ptr<ServerContext> context);
  ~Principal();
  Principal(const Principal&) = delete;
  Principal& operator=(const Principal&) = delete;

  EventLoop& loop() { return loop_; }

  // Any thread: serves a connection from the next turn on, or tells it why not and closes it.
  void serve(Arrival arrival);
  void refuse(Arrival arrival, int code);

  // Any thread: whether another connection may wait without delay; and whether one may at all.
  bool has_room() const { return arriving_ < kMaxArriving && may_wait(); }
  bool may_wait() const { return arriving_ < kLeastArriving || account_->may_have_descriptor(); }

  // Calls `on_room`, on the principal's thread, when fewer wait again than one of the two numbers.
  // Call this before the loop runs.
  void set_on_room(Function<void()> on_room) { on_room_ = std::move(on_room); }

  // Any thread: whether it has nothing at all, so that it can become another peer's.
  bool is_idle() const;

  // Answers datagrams to `socket`. Call before the loop runs.
  // Errors: as DatagramEndpoint::create() says.
  Result<void> serve_datagrams(BoundSocket socket, const SocketPolicy& policy);

  Dispatcher& dispatcher() { return dispatcher_; }

  // Connections
  Result<UniqueFd> open_session(const Caller& caller) override;
  Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask) override;
  bool end_abandoned() override { return loop_.serve_hangups(); }
  uint32_t session_count() const override { return context_->sessions; }
  uint64_t resumes() const override { return context_->resumes; }
  void tell_resumed() override;
  void tell_balloon_changed() override { context_->tell_balloon_changed(); }

  // The sum of what all its sessions have.
  Resources used_for_testing() const;
  void for_each_session_for_testing(const std::function<void(const Session&)>& function) const;
  // The connections that have ended and still count.
  size_t remains_for_testing() const { return remains_.size(); }
  // The owners here: the principal, its sessions, and those who send it datagrams.
  void for_each_owner_for_testing(const std::function<void(OwnerId)>& function) const;

 private:
  // A user that sends datagrams: its registrations belong to it, at this socket.
  struct Sender {
    OwnerId id;
    std::shared_ptr<Account> account;
  };

  Principal(EventLoop loop, std::shared_ptr<ServerContext> context);

  // refusal  the errno to refuse it with; 0 serves it.
  void post(Arrival arrival, int refusal);
  void begin(Arrival& arrival);
  void turn_away(Arrival& arrival, int code);
  Caller caller_of(const Arrival& arrival);
  Caller caller_of(const SocketPolicy& policy, const Credentials& sender);
  Result<void> add(OwnerId id, UniqueFd connection, const Caller& caller, Charge charge);
  void end(Session& session);
  EventRelays* relays_if(Doorbells doorbells);
  void keep(Session::Remains remains);
  void drop_remains();

  // Session::Delegate
  void on_ended(Session& session) override;
  void on_overdue(Session& session, const char* why) override;

  EventLoop loop_;  // outlives all that watches something
  std::shared_ptr<ServerContext> context_;
  OwnerId id_;
  std::shared_ptr<Account> account_;
  std::atomic<uint32_t> arriving_{0};
  Function<void()> on_room_ = [] {};
  EventRelays doorbell_relays_;
  Log log_;
  Dispatcher dispatcher_;
  std::unordered_map<OwnerId, std::unique_ptr<Session>> sessions_;
  // Connections that have ended, and whose descriptors their peers have not taken: they count.
  std::vector<Session::Remains> remains_;
  Timer remains_timer_;
  std::unordered_map<uid_t, Sender> senders_;
  std::unique_ptr<DatagramEndpoint> endpoint_;
};

}  // namespace vm_control
