// SPDX-License-Identifier: BSD-3-Clause
// Serves the VM control protocol: any number of sockets, one thread, no waiting.
//
//   auto server = *Server::create(loop, executor, {});
//   server->listen("/run/vm.sock", SocketType::kSeqpacket);
//   server->adopt(std::move(one_end_of_a_socket_pair));
//   loop.run();
//
// Threads: the control thread only, which is the one that runs the loop.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/timer_fd.h"
#include "vm_control/control/datagram_port.h"
#include "vm_control/control/executor.h"
#include "vm_control/control/listener.h"
#include "vm_control/control/session.h"

namespace vm_control {

class Server final : private EventHandler, private Session::Host, private Listener::Host {
 public:
  struct Options {
    // How long a session may leave its responses untaken before it is ended.
    std::chrono::milliseconds session_deadline{5000};
    // Gets a line for what an operator should know. The server itself prints nothing.
    std::function<void(std::string_view)> log = [](std::string_view) {};
  };

  // Serves in `loop`, through `executor`; both outlive the server. Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Server>> create(EventLoop& loop, Executor& executor,
                                                Options options);

  // Ends every session and removes the sockets that listen() made.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves at `path`, which only this user may connect to.
  // Errors: as BoundSocket::bind() says; EPROTONOSUPPORT (a stream keeps no message borders).
  Result<void> listen(const std::string& path, SocketType type);

  // Serves a socket that somebody else made: a listening one, or one end of a connection, which is
  // a session. Errors: as inspect_socket() says; ENOTCONN (neither listening nor connected).
  Result<void> adopt(UniqueFd socket);

  size_t session_count() const { return sessions_.size(); }

 private:
  Server(EventLoop& loop, Executor& executor, Options options, TimerFd timer);

  Result<void> add_session(UniqueFd connection);
  template <class Socket>
  Result<void> add_listener(Socket socket);

  // Session::Host, Listener::Host
  void on_ended(Session& session) override;
  void on_stalled(Session& session) override;
  void on_connection(UniqueFd connection) override;
  void on_accept_failed(const Error& error) override;

  // The timer: ends sessions that stalled for too long, and accepts again.
  void on_events(uint32_t events) override;
  void end_overdue_sessions();
  void resume_listeners();
  void call_back_at(Outbox::Clock::time_point when);

  EventLoop& loop_;
  Executor& executor_;
  Options options_;
  TimerFd timer_;
  std::optional<Outbox::Clock::time_point> called_back_at_;
  std::list<Session> sessions_;
  // Destroyed before the sessions: who sees its session end finds the path free.
  std::list<Listener> listeners_;
  std::list<DatagramPort> ports_;
};

}  // namespace vm_control
