// SPDX-License-Identifier: BSD-3-Clause
// A listening socket: hands each new connection to its host.
//
// When this process has no descriptor free it stops accepting, instead of being woken for ever,
// until its host says resume().
// Threads: the control thread only.
#pragma once

#include <optional>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class Listener final : public EventHandler {
 public:
  class Host {
   public:
    virtual void on_connection(UniqueFd connection) = 0;
    // The listener has stopped accepting; `error` is why.
    virtual void on_accept_failed(const Error& error) = 0;

   protected:
    ~Host() = default;
  };

  // A path that this process bound, removed with the listener; or a socket that somebody else
  // bound.
  Listener(BoundSocket socket, EventLoop& loop, Host& host);
  Listener(UniqueFd socket, EventLoop& loop, Host& host);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Begins to accept. Errors: as EventLoop::watch() says.
  Result<void> start();

  // Accepts again, if it had stopped.
  void resume();

  void on_events(uint32_t events) override;

 private:
  int fd() const { return bound_ ? bound_->fd() : adopted_.get(); }

  std::optional<BoundSocket> bound_;
  UniqueFd adopted_;
  EventLoop& loop_;
  Host& host_;
  bool paused_ = false;
};

}  // namespace vm_control
