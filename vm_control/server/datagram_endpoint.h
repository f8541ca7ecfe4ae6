// SPDX-License-Identifier: BSD-3-Clause
// A datagram socket that anyone may send to: for peers that speak the original.
//
// There are no sessions here. What is registered belongs to the VM, and is charged to the sender's
// user. Each request is answered to its sender's address, if it has one; a reply that there is no
// room for is dropped, for waiting would let a sender stop the VM.
//
// All replies leave through the send buffer of this one socket. A sender that never reads its own
// can fill it, and the replies to others are dropped until it reads or goes; their requests are
// carried out all the same. A request that takes its time keeps the port from the next one, and so
// does a sender whose user is held up. Who must not depend on other clients uses a session.
// Threads: the control thread only.
#pragma once

#include <memory>

#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/requests/dispatcher.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control {

class DatagramEndpoint final : public EventHandler, private Dispatcher::ResponseSink {
 public:
  // Who decides about senders.
  class Delegate {
   public:
    // What a sender at `port` may do; nothing, with a user all the same, if it may not send here.
    virtual Caller caller_of(const DatagramEndpoint& port, const Credentials& sender) = 0;
    // A port waits for a user that is held up: check_user() of each again in a while.
    virtual void on_backlogged() = 0;

   protected:
    ~Delegate() = default;
  };

  // `policy` is for the delegate. The others outlive this.
  DatagramEndpoint(BoundSocket socket, SocketPolicy policy, EventLoop& loop, Dispatcher& dispatcher,
                   Delegate& delegate);
  ~DatagramEndpoint();
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

  // Begins to serve. Errors: as EventLoop::watch() says.
  Result<void> start();

  const SocketPolicy& policy() const { return policy_; }

  // Looks again whether the last sender's user is still held up.
  void check_user();

  void on_events(uint32_t events) override;

 private:
  void on_answer(Response response) override;
  void send(const Response& response);
  void wait_for_what_is_next();

  BoundSocket socket_;
  SocketPolicy policy_;
  EventLoop& loop_;
  Dispatcher& dispatcher_;
  Delegate& delegate_;
  SocketAddress sender_;        // of the last request
  std::shared_ptr<User> user_;  // that sender's
  bool awaits_answer_ = false;  // to a request that takes its time
  bool reads_ = true;
};

}  // namespace vm_control
