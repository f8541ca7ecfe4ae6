// SPDX-License-Identifier: BSD-3-Clause
// A datagram socket that anyone may send to: for peers that speak the protocol of 2018.
//
// It has no sessions. What a sender registers belongs to the sender's user at this socket, and is
// charged to that. Each request is answered to its sender's address: a name that the kernel made
// up, or a path if the sender has this process's user or is root. A reply that finds no room is
// dropped, because waiting would let a sender stop the VM.
//
// All replies leave through the send buffer of this one socket. A sender that never reads its own
// replies can fill it; then the replies to others are dropped until it reads or goes, although
// their requests are carried out. A pause keeps the endpoint from the next request, and so does a
// sender whose descriptors or memory make a system call slow. Clients that must not depend on
// others use a session.
// Threads: that of the loop.
#pragma once

#include <memory>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class DatagramEndpoint final : private ResponseSink {
 public:
  // The caller that a sender is: one without rights if it may not send here.
  using CallerOf = Function<Caller(const Credentials& sender)>;

  // Serves `socket`. The loop and the dispatcher outlive this.
  //
  // account  pays for the descriptors that messages bring, until they are closed.
  // Errors: as EventLoop::watch() says.
  static Result<std::unique_ptr<DatagramEndpoint>> create(BoundSocket socket, EventLoop& loop,
                                                          Dispatcher& dispatcher,
                                                          std::shared_ptr<Account> account,
                                                          CallerOf caller_of);
  ~DatagramEndpoint();
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

 private:
  DatagramEndpoint(BoundSocket socket, Dispatcher& dispatcher, std::shared_ptr<Account> account,
                   CallerOf caller_of);

  void serve_one_request();
  bool may_reply_to(const Credentials& sender) const;
  void on_answer(Response response) override;
  bool holds_up_others() const override { return true; }
  void send(const Response& response);

  BoundSocket socket_;
  Dispatcher& dispatcher_;
  std::shared_ptr<Account> account_;
  CallerOf caller_of_;
  Watch watch_;
  SocketAddress sender_;  // of the last request
  bool may_reply_ = false;
};

}  // namespace vm_control
