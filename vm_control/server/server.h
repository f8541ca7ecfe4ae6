// SPDX-License-Identifier: BSD-3-Clause
// Serves the VM control protocol: any number of sockets, one thread, no waiting.
//
//   auto server = *Server::create(loop, executor, {});
//   server->listen("/run/vm.sock", SocketType::kSeqpacket);
//   server->adopt(std::move(one_end_of_a_socket_pair), {.allow = Right::kMemory});
//   loop.run();
//
// A connection is a session: what it registers is its own, is charged to it and to its user, and
// ends with it. Nothing that a peer sends, or fails to do, keeps another waiting.
// Threads: the control thread only, which is the one that runs the loop. A few more, that the
// server starts in create(), listen() and adopt(), do what can take its time.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "vm_control/accounts/quotas.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/accounts/users.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/rate_limiter.h"
#include "vm_control/base/result.h"
#include "vm_control/base/timer_fd.h"
#include "vm_control/requests/connections.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/requests/executor.h"
#include "vm_control/server/datagram_endpoint.h"
#include "vm_control/server/event_publisher.h"
#include "vm_control/server/listener.h"
#include "vm_control/server/session.h"

namespace vm_control {

class Server final : private EventHandler,
                     private Session::Delegate,
                     private Listener::Delegate,
                     private DatagramEndpoint::Delegate,
                     private Connections,
                     private RegionObserver {
 public:
  struct Options {
    // How long a session may leave its responses untaken before it is ended.
    std::chrono::milliseconds session_deadline{5000};
    Quotas quotas;
    // Gets a line for what an operator should know, and not more of them than one can read. The
    // server itself prints nothing.
    std::function<void(std::string_view)> log = [](std::string_view) {};
    // What each thread that the server starts does first: enter a sandbox, say.
    std::function<void()> on_thread_start = [] {};
  };

  // Serves in `loop`, through `executor`; both outlive the server.
  // Errors: EMFILE, ENFILE, ENOMEM, EAGAIN (no more threads).
  static Result<std::unique_ptr<Server>> create(EventLoop& loop, Executor& executor,
                                                Options options);

  // Ends every session and removes the sockets that listen() made.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves at `path`.
  // Errors: as BoundSocket::bind() says; EPROTONOSUPPORT (a stream keeps no message boundaries).
  Result<void> listen(const std::string& path, SocketType type, const SocketPolicy& policy = {});

  // The same for a socket that was bound before, with a mode of its own.
  Result<void> listen(BoundSocket socket, const SocketPolicy& policy);

  // Serves a socket that somebody else made: a listening one, or one end of a connection, which is
  // a session with an account of its own.
  //
  // peer    who has the other end of the connection, if that is not who made it.
  // Errors  as inspect_socket() says; ENOTCONN (neither listening nor connected).
  Result<void> adopt(UniqueFd socket, const SocketPolicy& policy = {},
                     std::optional<Credentials> peer = {});

  // Who has the VM says that VirtualMachine::info().state has changed.
  void on_state_changed();

  // Who has the VM says that the guest could not reach its memory: at `fault`, if that is known.
  // Returns whether filler is there now, so that the guest can go on.
  bool on_memory_fault(std::optional<GuestAddress> fault);

  // Puts filler in the place of memory that has been shrunk; returns whether there was any. For
  // who has the VM and suspects it. The server itself looks twenty times a second while there is
  // memory that can shrink.
  bool check_memory();

  uint32_t session_count() const override { return static_cast<uint32_t>(sessions_.size()); }
  // By the number of their owner.
  const std::unordered_map<uint64_t, Session>& sessions() const { return sessions_; }
  // What all users have together.
  Resources used() const { return users_.used(); }
  size_t subscriber_count() const { return publisher_.count(); }
  // Waits until nothing is left that other threads do for peers: to close what they sent, for one.
  // Returns false if that took longer than `timeout`.
  bool wait_idle(std::chrono::milliseconds timeout) const { return users_.wait_idle(timeout); }

 private:
  Server(EventLoop& loop, Executor& executor, Options options, TimerFd timer, Users users);

  template <class Socket>
  Result<void> add_listener(Socket socket, const SocketPolicy& policy);
  struct Admission {
    Caller caller;
    Charge charge;
  };
  Result<Admission> admit(const SocketPolicy& policy, int connection);
  void refuse(UniqueFd connection, const Error& error);

  Caller make_caller(const Credentials& peer, Rights rights, SealPolicy seal_policy,
                     const std::shared_ptr<User>& user);
  Result<void> add_session(UniqueFd connection, const Caller& caller, Charge charge);
  void end(Session& session);

  // Session::Delegate, Listener::Delegate, DatagramEndpoint::Delegate, Connections, RegionObserver
  void on_ended(Session& session) override;
  void on_stalled(Session& session) override;
  void on_backlogged() override;
  void on_connection(Listener& listener, UniqueFd connection) override;
  void on_connection_without_room(Listener& listener, UniqueFd connection) override;
  void on_accept_failed(const Error& error) override;
  Caller caller_of(const DatagramEndpoint& port, const Credentials& sender) override;
  Result<UniqueFd> open_session(const Caller& caller) override;
  Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask) override;
  void on_region_added(const Region& region) override;
  void on_region_removed(const Region& region) override;
  void on_region_quarantined(const Region& region) override;

  // The timer: ends sessions that stalled for too long, accepts again, and looks at the memory.
  void on_events(uint32_t events) override;
  void watch_memory();
  void watch_memory_later();
  void end_overdue_sessions();
  void resume_listeners();
  void call_back_at(Outbox::Clock::time_point when);
  void log(const std::string& line);

  EventLoop& loop_;
  Executor& executor_;
  Options options_;
  TimerFd timer_;
  Users users_;
  RateLimiter log_limiter_;
  RateLimiter fault_limiter_;
  EventPublisher publisher_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::optional<Outbox::Clock::time_point> called_back_at_;
  uint64_t last_owner_ = 0;
  std::unordered_map<uint64_t, Session> sessions_;
  VmState told_state_ = VmState::kRunning;
  std::optional<Outbox::Clock::time_point> memory_due_at_;  // when to look for what has vanished
  bool found_vanished_ = false;                             // memory, that no vCPU reported
  std::list<Listener> listeners_;
  std::list<DatagramEndpoint> ports_;
};

}  // namespace vm_control
