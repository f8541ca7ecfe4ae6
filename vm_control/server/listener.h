// SPDX-License-Identifier: BSD-3-Clause
// A listening socket: hands each new connection to its delegate.
//
// The listener keeps a descriptor in reserve. When this process has no other free, it accepts with
// that one, so that the delegate can still tell the peer, and pauses: epoll would wake it without
// end for the connections that wait.
// Threads: the loop's.
#pragma once

#include <memory>
#include <optional>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Listener {
 public:
  class Delegate {
   public:
    // Whether the listener may accept again after a pause.
    virtual bool may_accept() = 0;
    virtual void on_connection(Listener& listener, UniqueFd connection) = 0;
    // The same when no other descriptor is free.
    virtual void on_connection_without_room(Listener& listener, UniqueFd connection) = 0;
    // The listener has paused, because of `error`.
    virtual void on_accept_failed(const Error& error) = 0;

   protected:
    ~Delegate() = default;
  };

  // Accepts at a path that this process bound, removed with the listener; or at a socket that
  // somebody else bound. The delegate and the loop outlive this.
  // Errors: EMFILE, and as EventLoop::watch() says.
  static Result<std::unique_ptr<Listener>> create(BoundSocket socket, EventLoop& loop,
                                                  Delegate& delegate);
  static Result<std::unique_ptr<Listener>> create(UniqueFd socket, EventLoop& loop,
                                                  Delegate& delegate);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts nothing for a tenth of a second, or until resume(); then for longer if its delegate
  // says so.
  void pause();
  void resume();

 private:
  Listener(EventLoop& loop, Delegate& delegate)
      : loop_(loop), delegate_(delegate), pause_(loop.timer([this] { accept_again(); })) {}

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
  UniqueFd reserve_;
  Watch watch_;
  Timer pause_;  // armed while the listener is paused
};

}  // namespace vm_control
