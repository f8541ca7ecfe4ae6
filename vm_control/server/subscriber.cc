// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/subscriber.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"

namespace vm_control {

Result<std::unique_ptr<Subscriber>> Subscriber::create(UniqueFd socket, Options options,
                                                       EventLoop& loop,
                                                       OnReaderGone on_reader_gone) {
  // The reader can't send: nothing that it puts into the socket would ever be taken out.
  shutdown(socket.get(), SHUT_RD);
  std::unique_ptr<Subscriber> subscriber(
      new Subscriber(std::move(socket), std::move(options), std::move(on_reader_gone)));
  subscriber->watch_ =
      TRY(loop.watch(subscriber->socket_.get(), 0,
                     [raw = subscriber.get()](uint32_t events) { raw->on_events(events); }));
  return subscriber;
}

Subscriber::Subscriber(UniqueFd socket, Options options, OnReaderGone on_reader_gone)
    : socket_(std::move(socket)),
      options_(std::move(options)),
      on_reader_gone_(std::move(on_reader_gone)) {}

void Subscriber::tell(Event event) {
  if (!(options_.mask & event_bit(event.type))) return;
  event.sequence = ++sequence_;
  if (lost_ > 0 || waiting_.full()) {
    ++lost_;
    return;
  }
  ResponseFrame frame = encode(event);
  if (!waiting_.empty() || !try_send(frame)) queue(frame);
}

// An error other than a full queue shows as a hangup, too, and ends the subscription there.
bool Subscriber::try_send(const ResponseFrame& frame) {
  return send_message(socket_.get(), frame, -1, MSG_DONTWAIT).has_value();
}

void Subscriber::queue(const ResponseFrame& frame) {
  if (waiting_.empty()) watch_.set_events(EPOLLOUT);
  waiting_.push(frame);
}

void Subscriber::on_events(uint32_t events) {
  if (events & (EPOLLHUP | EPOLLERR)) return on_reader_gone_(*this);
  flush();
}

void Subscriber::flush() {
  while (!waiting_.empty() && try_send(waiting_.front())) waiting_.pop();
  if (!waiting_.empty()) return;
  watch_.set_events(0);
  if (lost_ == 0) return;
  Event lost{.type = EventType::kLost, .sequence = sequence_, .detail = LostEvents{lost_}};
  lost_ = 0;
  ResponseFrame frame = encode(lost);
  if (!try_send(frame)) queue(frame);
}

}  // namespace vm_control
