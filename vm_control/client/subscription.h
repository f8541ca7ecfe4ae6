// SPDX-License-Identifier: BSD-3-Clause
// Receives the events of a VM. Client::subscribe() makes it.
//
//   auto events = vm->subscribe(event_bit(EventType::kExited));
//   if (events->state() != VmState::kExited) auto exited = events->next(std::chrono::hours(1));
//
// It is a connection of its own, and ends with the session that subscribed. The VM never waits for
// it: a subscriber that falls behind loses events, and then gets an event of type kLost with their
// number.
// Threads: one at a time, which may be another than the client's.
#pragma once

#include <chrono>

#include "vm_control/base/unique_fd.h"
#include "vm_control/client/call_error.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/event.h"

namespace vm_control {

class Subscription {
 public:
  // events  a connected seqpacket socket that event frames come from.
  Subscription(VmState state, UniqueFd events) : state_(state), events_(std::move(events)) {}

  // The state of the VM before the first event.
  VmState state() const { return state_; }

  // A descriptor that is readable when next() would not wait, for an event loop of the caller. -1
  // after the connection has ended.
  int fd() const { return events_.get(); }

  // Returns the next event. Waits at most `deadline`; if that is 0, it does not wait.
  //
  // Fails with  kTimedOut      no event came; call again.
  //             kDisconnected  the VM or the subscription has ended; later calls fail alike.
  //             kProtocol      this version does not know the event, or it brought a descriptor,
  //                            which is closed; the next call may succeed.
  CallResult<Event> next(std::chrono::milliseconds deadline);

 private:
  VmState state_;
  UniqueFd events_;
};

}  // namespace vm_control
