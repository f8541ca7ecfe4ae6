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

Result<UniqueFd> EventPublisher::subscribe(const Caller& caller, uint32_t mask) {
  Charge charge = TRY(caller.account->charge({.sessions = 1}));
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  auto forget = [this](Subscriber& gone) {
    std::erase_if(subscribers_, [&](const auto& each) { return each.get() == &gone; });
  };
  subscribers_.push_back(TRY(Subscriber::create(
      std::move(ours), {.owner = caller.owner.id, .mask = mask, .charge = std::move(charge)}, loop_,
      forget)));
  return std::move(theirs);
}

void EventPublisher::drop_all_of(OwnerId owner) {
  std::erase_if(subscribers_, [owner](const auto& each) { return each->owner() == owner; });
}

void EventPublisher::publish_state(const VmStatus& status) {
  if (status.state == told_state_) return;
  told_state_ = status.state;
  publish(Event{.type = event_of(status.state), .detail = status});
}

void EventPublisher::on_region_added(const Region& region) {
  publish(EventType::kRegionAdded, region);
}

void EventPublisher::on_region_removed(const Region& region) {
  publish(EventType::kRegionRemoved, region);
}

void EventPublisher::on_region_quarantined(const Region& region) {
  log_.write("the memory of slot " + std::to_string(region.slot.value()) + ", registered by " +
             region.owner.who.to_string() + ", has vanished: the guest sees filler there now");
  publish(EventType::kRegionQuarantined, region);
}

void EventPublisher::publish(EventType type, const Region& region) {
  if (subscribers_.empty()) return;
  publish(Event{.type = type, .detail = region.info()});
}

void EventPublisher::publish(const Event& event) {
  for (const auto& each : subscribers_) each->tell(event);
}

}  // namespace vm_control
