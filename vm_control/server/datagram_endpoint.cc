// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/datagram_endpoint.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/server/receive_request.h"
#include "vm_control/transport/message.h"

namespace vm_control {

DatagramEndpoint::DatagramEndpoint(BoundSocket socket, SocketPolicy policy, EventLoop& loop,
                                   Dispatcher& dispatcher, Delegate& delegate)
    : socket_(std::move(socket)),
      policy_(std::move(policy)),
      loop_(loop),
      dispatcher_(dispatcher),
      delegate_(delegate) {}

DatagramEndpoint::~DatagramEndpoint() {
  dispatcher_.forget(*this);
  loop_.unwatch(socket_.fd(), *this);
}

Result<void> DatagramEndpoint::start() {
  return loop_.watch(socket_.fd(), EPOLLIN, *this);
}

void DatagramEndpoint::on_events(uint32_t) {
  RequestBuffer buffer;
  auto message = receive_message(socket_.fd(), buffer, MSG_DONTWAIT, &sender_);
  if (!message || !message->sender) return;
  Caller caller = delegate_.caller_of(*this, *message->sender);
  user_ = caller.user;
  auto response = dispatcher_.answer(*this, caller, message_in(buffer, *message, caller));
  awaits_answer_ = !response;
  if (response) send(*response);
  wait_for_what_is_next();
}

void DatagramEndpoint::on_answer(Response response) {
  awaits_answer_ = false;
  send(response);
  wait_for_what_is_next();
}

void DatagramEndpoint::check_user() {
  if (!reads_) wait_for_what_is_next();
}

void DatagramEndpoint::wait_for_what_is_next() {
  bool was_reading = reads_;
  bool is_backlogged = user_->is_backlogged();
  reads_ = !awaits_answer_ && !is_backlogged;
  if (is_backlogged) delegate_.on_backlogged();
  if (reads_ != was_reading) loop_.modify(socket_.fd(), reads_ ? EPOLLIN : 0u, *this);
}

void DatagramEndpoint::send(const Response& response) {
  if (!sender_.is_named()) return;
  EncodedResponse encoded = encode(response);
  static_cast<void>(send_message(socket_.fd(), encoded.bytes, encoded.fd, MSG_DONTWAIT, &sender_));
}

}  // namespace vm_control
