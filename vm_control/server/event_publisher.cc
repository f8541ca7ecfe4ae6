// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/event_publisher.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control {

Result<UniqueFd> EventPublisher::subscribe(OwnerId owner, uint32_t mask, Account& account) {
  Charge charge = TRY(account.charge({.sessions = 1}));
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  Subscriber& subscriber =
      subscribers_.emplace_back(std::move(ours), owner, mask, std::move(charge), loop_,
                                static_cast<Subscriber::Delegate&>(*this));
  auto started = subscriber.start();
  if (!started) {
    subscribers_.pop_back();
    return tl::unexpected(started.error());
  }
  return std::move(theirs);
}

void EventPublisher::drop_all_of(OwnerId owner) {
  subscribers_.remove_if([owner](const Subscriber& each) { return each.owner() == owner; });
}

void EventPublisher::publish(EventType type, const VmStatus& status) {
  publish(Event{.type = type, .detail = status});
}

void EventPublisher::publish(EventType type, const Region& region) {
  if (subscribers_.empty()) return;
  publish(Event{.type = type, .detail = region.info()});
}

void EventPublisher::publish(const Event& event) {
  for (Subscriber& each : subscribers_) each.tell(event);
}

void EventPublisher::on_reader_gone(Subscriber& subscriber) {
  subscribers_.remove_if([&](const Subscriber& each) { return &each == &subscriber; });
}

}  // namespace vm_control
