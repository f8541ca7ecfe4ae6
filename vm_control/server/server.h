// SPDX-License-Identifier: BSD-3-Clause
// Serves the VM control protocol at any number of sockets.
//
//   auto server = *Server::create(loop, executor, {});
//   server->listen("/run/vm.sock", SocketType::kSeqpacket);
//   server->adopt(std::move(one_end_of_a_socket_pair), {.allow = Right::kMemory});
//   loop.run();
//
// A connection is a session: what it registers is its own, is charged to it and to its principal,
// and ends with it. A principal is a user at a socket, or the peer of an adopted connection, and
// has a thread of its own: nothing that a peer sends, or fails to do, keeps another waiting.
// Threads: that of the loop, which accepts connections, and touches nothing that a peer sent.
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
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/executor.h"
#include "vm_control/server/admission.h"
#include "vm_control/server/loop_runner.h"
#include "vm_control/server/principal.h"
#include "vm_control/server/server_context.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Server final {
 public:
  struct Options {
    // How long a session may leave its responses untaken before it is ended.
    std::chrono::milliseconds session_deadline{5000};
    Quotas quotas;
    // Gets a line for each thing that an operator should know, and no more of them than one can
    // read, on a thread of its own. The server itself prints nothing.
    std::function<void(std::string_view)> log = [](std::string_view) {};
    // Called by each thread of the server before anything else: to enter a sandbox, say.
    std::function<void()> on_thread_start = [] {};
    // Runs the loops of the principals and the log. Default: threads, named "principal" and "log".
    std::unique_ptr<LoopRunner> runner = nullptr;
  };

  // Accepts in `loop`, and serves through `executor`; both outlive the server.
  // Errors: EMFILE, ENFILE, ENOMEM, EAGAIN (no more threads).
  static Result<std::unique_ptr<Server>> create(EventLoop& loop, Executor& executor,
                                                Options options);

  // Ends every session and removes the sockets that listen() made. It waits for the threads, but
  // not for long: one that is stuck in a system call goes on until that returns, and then ends its
  // sessions. The executor must still be there then.
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

  // Call when the state, the target or the actual size in Balloon::status() has changed, or
  // Balloon::reports() has grown.
  void on_balloon_changed();

  // Hands `line` to Options::log, on the thread that may wait for it. When too many lines wait, it
  // is counted instead.
  void log(std::string line) { context_->log->write(std::move(line)); }

  // The lines that wait for Options::log. A caller that keeps it can wait for the last of them after
  // the server's end.
  std::shared_ptr<LogQueue> log_queue() const { return context_->log; }

  uint32_t session_count() const { return context_->sessions; }

  // Call function(principal) for each. For tests that run all loops on one thread.
  void for_each_principal_for_testing(const std::function<void(Principal&)>& function) const;
  size_t subscriber_count_for_testing() const { return context_->publisher.count(); }

 private:
  Server(EventLoop& loop, std::shared_ptr<ServerContext> context,
         std::unique_ptr<LoopRunner> runner);

  // Hands the connections of `socket`, which listens, to principals.
  template <class Socket>
  Result<void> admit(Socket socket, const SocketPolicy& policy);
  Result<std::shared_ptr<Principal>> make_principal(Function<void()> on_room);
  Result<std::shared_ptr<Principal>> principal_of_a_connection();

  EventLoop& loop_;
  std::shared_ptr<ServerContext> context_;
  std::unique_ptr<LoopRunner> runner_;
  std::vector<std::unique_ptr<Admission>> admissions_;
  std::vector<std::shared_ptr<Principal>> adopted_;
  uint64_t told_reports_ = 0;  // the reports of the balloon that principals know of
};

}  // namespace vm_control
