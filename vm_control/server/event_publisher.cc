// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/event_publisher.h"

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

EventType event_of(VmState state) {
  switch (state) {
    case VmState::kRunning:
      return EventType::kResumed;
    case VmState::kPaused:
      return EventType::kPaused;
    case VmState::kExited:
      break;
  }
  return EventType::kExited;
}

}  // namespace

Result<UniqueFd> EventPublisher::subscribe(const Caller& caller, uint32_t mask, EventLoop& loop) {
  Charge charge = TRY(caller.account->charge({.sessions = 1, .descriptors = 1}));
  TRY(caller.account->charge({.descriptors = 1}));  // the response is charged for the other end
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  auto subscriber = TRY(Subscriber::create(
      std::move(ours), {.owner = caller.owner.id, .mask = mask, .charge = std::move(charge)}, loop,
      [this](Subscriber& gone) { drop(gone); }));
  std::lock_guard lock(mutex_);
  subscribers_.push_back(std::move(subscriber));
  ++count_;
  return std::move(theirs);
}

// The subscriber is destroyed when this returns, without the lock.
void EventPublisher::drop(Subscriber& subscriber) {
  std::shared_ptr<Subscriber> dropped = subscriber.shared_from_this();
  std::lock_guard lock(mutex_);
  std::erase(subscribers_, dropped);
  count_ = subscribers_.size();
}

void EventPublisher::drop_all_of(OwnerId owner) {
  std::vector<std::shared_ptr<Subscriber>> dropped;
  std::lock_guard lock(mutex_);
  std::erase_if(subscribers_, [&](const auto& each) {
    bool is_theirs = each->owner() == owner;
    if (is_theirs) dropped.push_back(each);
    return is_theirs;
  });
  count_ = subscribers_.size();
}

void EventPublisher::publish_state(const VmStatus& status) {
  if (status.state == told_state_) return;
  told_state_ = status.state;
  publish(Event{.type = event_of(status.state), .detail = status});
  send();
}

void EventPublisher::publish_balloon(BalloonStatus status) {
  Event event{.type = EventType::kBalloonChanged, .detail = status};
  status.age_ms = 0;
  if (std::exchange(told_balloon_, status) == status) return;
  publish(event);
  send();
}

void EventPublisher::on_region_added(const Region& region) {
  publish(EventType::kRegionAdded, region);
}

void EventPublisher::on_region_removed(const Region& region) {
  publish(EventType::kRegionRemoved, region);
}

void EventPublisher::on_region_quarantined(const Region& region) {
  // A user whose memory vanishes all the time does not hide that of another.
  auto limiter = vanished_.try_emplace(region.owner.who.uid, 5, 50).first;
  publish(EventType::kRegionQuarantined, region);
  if (!limiter->second.allow(RateLimiter::Clock::now())) return;
  log_.write_important("the memory of slot " + std::to_string(region.slot.value()) +
                       ", registered by " + region.owner.who.to_string() +
                       ", has vanished, or the disk of its file is full: the guest sees filler "
                       "there now");
}

void EventPublisher::publish(EventType type, const Region& region) {
  if (count_ > 0) publish(Event{.type = type, .detail = region.info()});
}

void EventPublisher::publish(const Event& event) {
  std::lock_guard lock(mutex_);
  for (const auto& each : subscribers_) each->tell(event);
}

void EventPublisher::on_regions_changed() {
  send();
}

// Has the subscribers' loops send what was published.
void EventPublisher::send() {
  if (count_ == 0) return;
  std::lock_guard lock(mutex_);
  for (const auto& each : subscribers_) each->send_later();
}

}  // namespace vm_control
