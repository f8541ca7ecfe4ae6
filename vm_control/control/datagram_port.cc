// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/datagram_port.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "vm_control/control/answer.h"
#include "vm_control/transport/message.h"

namespace vm_control {

DatagramPort::DatagramPort(BoundSocket socket, EventLoop& loop, Executor& executor)
    : socket_(std::move(socket)), loop_(loop), executor_(executor) {}

DatagramPort::~DatagramPort() {
  loop_.unwatch(socket_.fd(), *this);
}

Result<void> DatagramPort::start() {
  return loop_.watch(socket_.fd(), EPOLLIN, *this);
}

void DatagramPort::on_events(uint32_t) {
  RequestFrame frame;
  SocketAddress sender;
  auto message = receive_message(socket_.fd(), frame, MSG_DONTWAIT, &sender);
  if (!message) return;
  Response response = answer(executor_, frame, std::move(*message));
  if (!sender.is_named()) return;
  EncodedResponse encoded = encode(response);
  static_cast<void>(send_message(socket_.fd(), encoded.bytes, encoded.fd, MSG_DONTWAIT, &sender));
}

}  // namespace vm_control
