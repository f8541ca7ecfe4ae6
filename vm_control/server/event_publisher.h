// SPDX-License-Identifier: BSD-3-Clause
// Tells subscribers what happens to the VM and its regions. A subscriber that reads too slowly
// loses events; nobody waits for it.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/event.h"
#include "vm_control/resources/region.h"
#include "vm_control/server/log.h"
#include "vm_control/server/subscriber.h"

namespace vm_control {

class EventPublisher final : public RegionObserver {
 public:
  // The loop and the log, which hears of quarantined regions, outlive this.
  EventPublisher(EventLoop& loop, Log& log) : loop_(loop), log_(log) {}

  // The end of a socket pair to receive the events of `mask` from, for as long as somebody has it
  // and the caller's owner has not ended. It is charged as a session.
  // Errors: EDQUOT, EMFILE, ENFILE, ENOMEM.
  Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask);

  // Ends the subscriptions of `owner`.
  void drop_all_of(OwnerId owner);

  // Tells the state of `status`, if it is not the one that was told last.
  void publish_state(const VmStatus& status);

  void on_region_added(const Region& region) override;
  void on_region_removed(const Region& region) override;
  void on_region_quarantined(const Region& region) override;

  size_t count() const { return subscribers_.size(); }

 private:
  void publish(EventType type, const Region& region);
  void publish(const Event& event);

  EventLoop& loop_;
  Log& log_;
  VmState told_state_ = VmState::kRunning;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
};

}  // namespace vm_control
