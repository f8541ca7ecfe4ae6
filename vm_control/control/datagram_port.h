// SPDX-License-Identifier: BSD-3-Clause
// A datagram socket that anyone may send to: for peers that speak the original.
//
// There are no sessions here. Each request is answered to its sender's address, if it has one; a
// reply that there is no room for is dropped, for waiting would let a sender stop the VM.
//
// All replies leave through the send buffer of this one socket. A sender that never reads its own
// can fill it, and the replies to others are dropped until it reads or goes; their requests are
// carried out all the same. Who must not depend on other clients uses a session.
// Threads: the control thread only.
#pragma once

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/control/executor.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class DatagramPort final : public EventHandler {
 public:
  // `loop` and `executor` outlive this.
  DatagramPort(BoundSocket socket, EventLoop& loop, Executor& executor);
  ~DatagramPort();
  DatagramPort(const DatagramPort&) = delete;
  DatagramPort& operator=(const DatagramPort&) = delete;

  // Begins to serve. Errors: as EventLoop::watch() says.
  Result<void> start();

  void on_events(uint32_t events) override;

 private:
  BoundSocket socket_;
  EventLoop& loop_;
  Executor& executor_;
};

}  // namespace vm_control
