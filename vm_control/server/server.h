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
// Threads: the loop's. The server starts a few more in create(), listen() and adopt(), for work
// that a peer can make slow.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm_control/accounts/quotas.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/accounts/users.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/executor.h"
#include "vm_control/server/datagram_endpoint.h"
#include "vm_control/server/event_publisher.h"
#include "vm_control/server/listener.h"
#include "vm_control/server/log.h"
#include "vm_control/server/sessions.h"

namespace vm_control {

class Server final : private Listener::Delegate {
 public:
  struct Options {
    // How long a session may leave its responses untaken before it is ended.
    std::chrono::milliseconds session_deadline{5000};
    Quotas quotas;
    // Gets a line for each thing that an operator should know, and no more of them than one can
    // read. The server itself prints nothing.
    std::function<void(std::string_view)> log = [](std::string_view) {};
    // Called by each thread of the server before anything else: to enter a sandbox, say.
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
  // peer    the process at the other end of the connection, if it is not the one that made it.
  // Errors  as inspect_socket() says; ENOTCONN (neither listening nor connected).
  Result<void> adopt(UniqueFd socket, const SocketPolicy& policy = {},
                     std::optional<Credentials> peer = {});

  // Call when VirtualMachine::info().state has changed.
  void on_state_changed();

  uint32_t session_count() const { return sessions_->session_count(); }

  // Of all users together.
  Resources used_for_testing() const { return users_.used(); }
  const Sessions& sessions_for_testing() const { return *sessions_; }
  size_t subscriber_count_for_testing() const { return publisher_.count(); }
  // Waits until the workers have finished, for example closing received descriptors. Returns false
  // if that took longer than `timeout`.
  bool wait_idle_for_testing(std::chrono::milliseconds timeout) const {
    return users_.wait_idle(timeout);
  }

 private:
  Server(EventLoop& loop, Executor& executor, Options options, Users users);

  struct Admission {
    Caller caller;
    Charge charge;
  };
  Result<Admission> admit(const SocketPolicy& policy, int connection);
  void refuse(UniqueFd connection, const Error& error);
  void resume_listeners();

  // Listener::Delegate
  void on_connection(Listener& listener, UniqueFd connection) override;
  void on_connection_without_room(Listener& listener, UniqueFd connection) override;
  void on_accept_failed(const Error& error) override;

  EventLoop& loop_;
  Executor& executor_;
  Log log_;
  Users users_;
  EventPublisher publisher_;
  std::unique_ptr<Sessions> sessions_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<DatagramEndpoint>> endpoints_;
};

}  // namespace vm_control
