// SPDX-License-Identifier: BSD-3-Clause
// Hands the connections of a listening socket to principals: each user that may connect has one
// there, and all who may not share another, which turns them away.
//
// The main thread accepts, and does nothing else with what a peer sent. While a principal has many
// connections that wait for its thread, which its peers can keep from closing them, the socket
// accepts ten a second, and none when that principal has its share of descriptors.
// Threads: the main thread.
#pragma once

#include <memory>
#include <unordered_map>

#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/server/listener.h"
#include "vm_control/server/log_queue.h"
#include "vm_control/server/principal.h"

namespace vm_control {

class Admission final : private Listener::Delegate {
 public:
  // Makes a principal that calls `on_room` as Principal::set_on_room() says, and whose loop runs.
  // Errors: EMFILE, ENFILE, ENOMEM, EAGAIN (no more threads).
  using MakePrincipal = Function<Result<std::shared_ptr<Principal>>(Function<void()> on_room)>;

  // Makes the principals of `policy`, then listens at `socket`: a BoundSocket, or a UniqueFd that
  // somebody else bound. The loop outlives this.
  // Errors: as `make_principal` and Listener::create() say.
  template <class Socket>
  static Result<std::unique_ptr<Admission>> create(Socket socket, const SocketPolicy& policy,
                                                   EventLoop& loop, std::shared_ptr<LogQueue> log,
                                                   MakePrincipal make_principal);

 private:
  Admission(const SocketPolicy& policy, EventLoop& loop, std::shared_ptr<LogQueue> log);

  Result<void> make_principals(MakePrincipal make_principal);
  Function<void()> resume_later();
  // The principal of `uid`; the one of strangers if it may not connect.
  Principal& principal_of(uid_t uid);

  // Listener::Delegate
  bool may_accept() override;
  void on_connection(Listener& listener, UniqueFd connection) override;
  void on_connection_without_room(Listener& listener, UniqueFd connection) override;
  void on_accept_failed(const Error& error) override;

  SocketPolicy policy_;
  EventLoop& loop_;
  Log log_;
  std::unordered_map<uid_t, std::shared_ptr<Principal>> principals_;
  std::shared_ptr<Principal> strangers_;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<Admission*> self_;  // tells calls that come too late that this has gone
};

}  // namespace vm_control
