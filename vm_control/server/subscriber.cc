// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/subscriber.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"

namespace vm_control {

Result<std::shared_ptr<Subscriber>> Subscriber::create(UniqueFd socket, Options options,
                                                       EventLoop& loop,
                                                       OnReaderGone on_reader_gone) {
  // The reader can't send: nothing that it puts into the socket would ever be taken out.
  shutdown(socket.get(), SHUT_RD);
  std::shared_ptr<Subscriber> subscriber(new Subscriber(std::move(socket), std::move(options),
                                                        loop.poster(), std::move(on_reader_gone)));
  subscriber->watch_ =
      TRY(loop.watch(subscriber->socket_.get(), 0,
                     [raw = subscriber.get()](uint32_t events) { raw->on_events(events); }));
  return subscriber;
}

Subscriber::Subscriber(UniqueFd socket, Options options, Poster poster, OnReaderGone on_reader_gone)
    : socket_(std::move(socket)),
      options_(std::move(options)),
      poster_(std::move(poster)),
      on_reader_gone_(std::move(on_reader_gone)) {}

void Subscriber::tell(Event event) {
  if (!(options_.mask & event_bit(event.type))) return;
  std::lock_guard lock(mutex_);
  event.sequence = ++sequence_;
  if (lost_ > 0 || waiting_.full()) {
    ++lost_;
  } else {
    waiting_.push(encode(event));
  }
}

void Subscriber::send_later() {
  std::lock_guard lock(mutex_);
  if (waiting_.empty() || std::exchange(will_send_, true)) return;
  // The subscriber may have gone by then. It goes on the thread of the loop.
  poster_.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->send();
  });
}

void Subscriber::on_events(uint32_t events) {
  if (events & (EPOLLHUP | EPOLLERR)) return on_reader_gone_(*this);
  send();
}

// An error other than a full queue shows as a hangup, too, and ends the subscription there.
void Subscriber::send() {
  while (auto frame = next()) {
    if (!send_message(socket_.get(), *frame, -1, MSG_DONTWAIT)) return watch_.set_events(EPOLLOUT);
    pop();
  }
  watch_.set_events(0);
}

std::optional<ResponseFrame> Subscriber::next() {
  std::lock_guard lock(mutex_);
  if (waiting_.empty() && lost_ > 0) {
    Event lost{.type = EventType::kLost, .sequence = sequence_, .detail = LostEvents{lost_}};
    lost_ = 0;
    waiting_.push(encode(lost));
  }
  will_send_ = !waiting_.empty();
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.front());
}

void Subscriber::pop() {
  std::lock_guard lock(mutex_);
  waiting_.pop();
}

}  // namespace vm_control
