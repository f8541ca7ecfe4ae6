// SPDX-License-Identifier: BSD-3-Clause
// Tells subscribers what happens to the VM. Who reads too slowly loses events; nobody waits.
// Threads: the control thread only.
#pragma once

#include <cstdint>
#include <list>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/protocol/event.h"
#include "vm_control/resources/region.h"
#include "vm_control/server/subscriber.h"

namespace vm_control {

class EventPublisher final : private Subscriber::Delegate {
 public:
  // loop  outlives this.
  explicit EventPublisher(EventLoop& loop) : loop_(loop) {}

  // The end of a socket pair to receive the events of `mask` from, for as long as somebody has it
  // and `owner` has not ended. It is charged as a session.
  // Errors: EDQUOT, EMFILE, ENFILE, ENOMEM.
  Result<UniqueFd> subscribe(OwnerId owner, uint32_t mask, Account& account);

  // Ends the subscriptions of `owner`.
  void drop_all_of(OwnerId owner);

  void publish(EventType type, const VmStatus& status);
  void publish(EventType type, const Region& region);

  size_t count() const { return subscribers_.size(); }

 private:
  void on_reader_gone(Subscriber& subscriber) override;
  void publish(const Event& event);

  EventLoop& loop_;
  std::list<Subscriber> subscribers_;
};

}  // namespace vm_control
