// SPDX-License-Identifier: BSD-3-Clause
// What happens to a VM, as it happens: the receiving end of Client::subscribe().
//
//   auto events = vm->subscribe(event_bit(EventType::kExited));
//   if (events->state() != VmState::kExited) auto exited = events->next(std::chrono::hours(1));
//
// It is a connection of its own, which ends with the session that asked for it. The VM never waits
// for its reader:
// one that falls behind loses events, and is told how many by one of type kLost.
// Threads: one at a time; not the one that the client has to be used from.
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

  // How the VM was before the first event.
  VmState state() const { return state_; }

  // Readable when next() has something to return: for a loop of the caller's. -1 when the
  // connection has ended.
  int fd() const { return events_.get(); }

  // The next event. Waits at most `deadline`; with 0 it takes what is there.
  //
  // Fails with  kTimedOut      nothing happened; ask again.
  //             kDisconnected  the VM ended, or this subscription; it stays so.
  //             kProtocol      what came is no event that this version knows; the next may be.
  CallResult<Event> next(std::chrono::milliseconds deadline);

 private:
  VmState state_;
  UniqueFd events_;
};

}  // namespace vm_control
