// SPDX-License-Identifier: BSD-3-Clause
// Tells subscribers what happens to the VM and its regions. A subscriber that reads too slowly
// loses events; nobody waits for it.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/rate_limiter.h"
#include "vm_control/base/result.h"
#include "vm_control/model/balloon_status.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/event.h"
#include "vm_control/resources/region.h"
#include "vm_control/server/log_queue.h"
#include "vm_control/server/subscriber.h"

namespace vm_control {

class EventPublisher final : public RegionObserver {
 public:
  // The log, which hears of quarantined regions, outlives this.
  explicit EventPublisher(LogQueue& log) : log_(log) {}

  // The end of a socket pair to receive the events of `mask` from, for as long as somebody has it
  // and the caller's owner has not ended. It is charged as a session. `loop` sends the events.
  // Errors: EDQUOT, EMFILE, ENFILE, ENOMEM.
  Result<UniqueFd> subscribe(const Caller& caller, uint32_t mask, EventLoop& loop);

  // Ends the subscriptions of `owner`; the thread of the loop that sends their events.
  void drop_all_of(OwnerId owner);

  // Tells the state of `status`, if it is not the one that was told last. One thread at a time.
  void publish_state(const VmStatus& status);

  // The same for a balloon, of which an age alone is no change. One thread at a time.
  void publish_balloon(BalloonStatus status);

  void on_region_added(const Region& region) override;
  void on_region_removed(const Region& region) override;
  // One thread at a time.
  void on_region_quarantined(const Region& region) override;
  void on_regions_changed() override;

  size_t count() const { return count_; }

 private:
  void publish(EventType type, const Region& region);
  void publish(const Event& event);
  void send();
  void drop(Subscriber& subscriber);

  LogQueue& log_;
  std::map<uid_t, RateLimiter> vanished_;  // by whose memory it was; only for the log
  VmState told_state_ = VmState::kRunning;
  BalloonStatus told_balloon_;  // without its age
  std::atomic<size_t> count_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

}  // namespace vm_control
