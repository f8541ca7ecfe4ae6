// SPDX-License-Identifier: BSD-3-Clause
// A listening socket: hands each new connection to its delegate.
//
// The listener keeps a descriptor in reserve. When this process has no other free, it accepts with
// that one, and the delegate can still tell the peer so. When even that fails, the listener pauses,
// or epoll would wake it without end for the connection that waits.
// Threads: the loop's.
#pragma once

#include <memory>
#include <optional>

#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Listener {
 public:
  class Delegate {
   public:
    virtual void on_connection(Listener& listener, UniqueFd connection) = 0;
    // The same when no descriptor is free: close the connection before this returns.
    virtual void on_connection_without_room(Listener& listener, UniqueFd connection) = 0;
    // The listener has paused, because of `error`.
    virtual void on_accept_failed(const Error& error) = 0;

   protected:
    ~Delegate() = default;
  };

  // Accepts at a path that this process bound, removed with the listener; or at a socket that
  // somebody else bound. `policy` is for the delegate, which outlives this, as `loop` does.
  // Errors: EMFILE, and as EventLoop::watch() says.
  static Result<std::unique_ptr<Listener>> create(BoundSocket socket, SocketPolicy policy,
                                                  EventLoop& loop, Delegate& delegate);
  static Result<std::unique_ptr<Listener>> create(UniqueFd socket, SocketPolicy policy,
                                                  EventLoop& loop, Delegate& delegate);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts nothing for a tenth of a second, or until resume().
  void pause();
  void resume();

  const SocketPolicy& policy() const { return policy_; }

 private:
  Listener(SocketPolicy policy, EventLoop& loop, Delegate& delegate)
      : loop_(loop), delegate_(delegate), policy_(std::move(policy)) {}

  static Result<std::unique_ptr<Listener>> start(std::unique_ptr<Listener> listener);
  int fd() const { return bound_ ? bound_->fd() : adopted_.get(); }
  void accept();
  void accept_again();
  void accept_with_the_reserve(const Error& error);
  void fill_reserve();

  std::optional<BoundSocket> bound_;
  UniqueFd adopted_;
  EventLoop& loop_;
  Delegate& delegate_;
  SocketPolicy policy_;
  UniqueFd reserve_;
  Watch watch_;
  Timer pause_;  // armed while the listener is paused
};

}  // namespace vm_control
