// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/datagram_endpoint.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/server/receive_request.h"
#include "vm_control/transport/message.h"

namespace vm_control {

DatagramPort::DatagramPort(BoundSocket socket, SocketPolicy policy, EventLoop& loop,
                           Dispatcher& dispatcher, Host& host)
    : socket_(std::move(socket)),
      policy_(std::move(policy)),
      loop_(loop),
      dispatcher_(dispatcher),
      host_(host) {}

DatagramPort::~DatagramPort() {
  dispatcher_.forget(*this);
  loop_.unwatch(socket_.fd(), *this);
}

Result<void> DatagramPort::start() {
  return loop_.watch(socket_.fd(), EPOLLIN, *this);
}

void DatagramPort::on_events(uint32_t) {
  RequestBuffer buffer;
  auto message = receive_message(socket_.fd(), buffer, MSG_DONTWAIT, &sender_);
  if (!message || !message->sender) return;
  Caller caller = host_.caller_of(*this, *message->sender);
  tenant_ = caller.tenant;
  auto response = dispatcher_.answer(*this, caller, message_in(buffer, *message, caller));
  awaits_answer_ = !response;
  if (response) send(*response);
  wait_for_what_is_next();
}

void DatagramPort::on_answer(Response response) {
  awaits_answer_ = false;
  send(response);
  wait_for_what_is_next();
}

void DatagramPort::check_tenant() {
  if (!reads_) wait_for_what_is_next();
}

void DatagramPort::wait_for_what_is_next() {
  bool was_reading = reads_;
  bool is_held_up = tenant_->is_held_up();
  reads_ = !awaits_answer_ && !is_held_up;
  if (is_held_up) host_.on_held_up();
  if (reads_ != was_reading) loop_.modify(socket_.fd(), reads_ ? EPOLLIN : 0u, *this);
}

void DatagramPort::send(const Response& response) {
  if (!sender_.is_named()) return;
  EncodedResponse encoded = encode(response);
  static_cast<void>(send_message(socket_.fd(), encoded.bytes, encoded.fd, MSG_DONTWAIT, &sender_));
}

}  // namespace vm_control
