// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/socket_chardev.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmm {

Result<std::unique_ptr<Console>> SocketConsole::create(const std::string& path) {
  BoundSocket socket = TRY(BoundSocket::bind(path, SocketType::kStream));
  Output writer = TRY(Output::create());
  return std::unique_ptr<Console>(new SocketConsole(std::move(socket), std::move(writer)));
}

SocketConsole::SocketConsole(BoundSocket socket, Output writer)
    : socket_(std::move(socket)), writer_(std::move(writer)) {}

SocketConsole::~SocketConsole() {
  if (loop_) loop_->unwatch(socket_.fd(), *this);
}

Result<void> SocketConsole::start(EventLoop& loop, Input input) {
  pump_ = TRY(InputPump::create(loop, std::move(input)));
  TRY(loop.watch(socket_.fd(), EPOLLIN, *this));
  loop_ = &loop;
  return {};
}

void SocketConsole::write(std::span<const std::byte> bytes) {
  Client client;
  {
    std::lock_guard lock(mutex_);
    client = client_;
  }
  if (client) writer_.write(client->get(), bytes);
}

void SocketConsole::on_events(uint32_t) {
  auto connection = accept_connection(socket_.fd());
  if (!connection) return;
  // A client that reads slowly must not block a write for longer than its poll.
  fcntl(connection->get(), F_SETFL, O_NONBLOCK);
  auto client = std::make_shared<const UniqueFd>(std::move(*connection));
  auto started = pump_->start(client->get(), [this] {
    set_client(nullptr);
    loop_->modify(socket_.fd(), EPOLLIN, *this);
  });
  if (!started) return;
  loop_->modify(socket_.fd(), 0, *this);
  set_client(std::move(client));
}

void SocketConsole::set_client(Client client) {
  std::lock_guard lock(mutex_);
  client_ = std::move(client);
}

}  // namespace vm_control::vmm
