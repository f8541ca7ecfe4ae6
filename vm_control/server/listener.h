// SPDX-License-Identifier: BSD-3-Clause
// A listening socket: hands each new connection to its delegate.
//
// It keeps a descriptor in reserve: when this process has no other free, it accepts with that one,
// and the delegate can still tell the peer so. When even that fails it stops accepting, instead of
// being woken for ever, until its delegate says resume().
// Threads: the control thread only.
#pragma once

#include <optional>

#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Listener final : public EventHandler {
 public:
  class Delegate {
   public:
    virtual void on_connection(Listener& listener, UniqueFd connection) = 0;
    // The same when there is no descriptor free: close the connection before this returns.
    virtual void on_connection_without_room(Listener& listener, UniqueFd connection) = 0;
    // The listener has stopped accepting; `error` is why.
    virtual void on_accept_failed(const Error& error) = 0;

   protected:
    ~Delegate() = default;
  };

  // A path that this process bound, removed with the listener; or a socket that somebody else
  // bound. `policy` is for the delegate.
  Listener(BoundSocket socket, SocketPolicy policy, EventLoop& loop, Delegate& delegate);
  Listener(UniqueFd socket, SocketPolicy policy, EventLoop& loop, Delegate& delegate);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Begins to accept. Errors: EMFILE, and as EventLoop::watch() says.
  Result<void> start();

  // Stops accepting; accepts again, if it had stopped.
  void pause();
  void resume();

  const SocketPolicy& policy() const { return policy_; }

  void on_events(uint32_t events) override;

 private:
  int fd() const { return bound_ ? bound_->fd() : adopted_.get(); }
  void accept_with_the_reserve(const Error& error);
  void fill_reserve();

  std::optional<BoundSocket> bound_;
  UniqueFd adopted_;
  EventLoop& loop_;
  Delegate& delegate_;
  SocketPolicy policy_;
  UniqueFd reserve_;
  bool paused_ = false;
};

}  // namespace vm_control
