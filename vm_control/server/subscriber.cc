// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/subscriber.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/transport/message.h"

namespace vm_control {

Subscriber::Subscriber(UniqueFd socket, OwnerId owner, uint32_t mask, Charge charge,
                       EventLoop& loop, Delegate& delegate)
    : socket_(std::move(socket)),
      owner_(owner),
      mask_(mask),
      charge_(std::move(charge)),
      loop_(loop),
      delegate_(delegate) {}

Subscriber::~Subscriber() {
  loop_.unwatch(socket_.get(), *this);
}

Result<void> Subscriber::start() {
  // The reader can't send: nothing that it puts into the socket would ever be taken out.
  shutdown(socket_.get(), SHUT_RD);
  return loop_.watch(socket_.get(), 0, *this);
}

void Subscriber::tell(Event event) {
  if (!(mask_ & event_bit(event.type))) return;
  event.sequence = ++sequence_;
  if (lost_ > 0 || count_ == kCapacity) {
    ++lost_;
    return;
  }
  ResponseFrame frame = encode(event);
  if (count_ > 0 || !try_send(frame)) queue(frame);
}

// An error that is no full queue shows as a hangup, too, and ends the subscription there.
bool Subscriber::try_send(const ResponseFrame& frame) {
  return send_message(socket_.get(), frame, -1, MSG_DONTWAIT).has_value();
}

void Subscriber::queue(const ResponseFrame& frame) {
  if (count_ == 0) loop_.modify(socket_.get(), EPOLLOUT, *this);
  waiting_[(first_ + count_) % kCapacity] = frame;
  ++count_;
}

void Subscriber::on_events(uint32_t events) {
  if (events & (EPOLLHUP | EPOLLERR)) return delegate_.on_reader_gone(*this);
  flush();
}

void Subscriber::flush() {
  while (count_ > 0 && try_send(waiting_[first_])) {
    first_ = (first_ + 1) % kCapacity;
    --count_;
  }
  if (count_ > 0) return;
  loop_.modify(socket_.get(), 0, *this);
  if (lost_ == 0) return;
  Event lost{.type = EventType::kLost, .sequence = sequence_, .detail = LostEvents{lost_}};
  lost_ = 0;
  ResponseFrame frame = encode(lost);
  if (!try_send(frame)) queue(frame);
}

}  // namespace vm_control
