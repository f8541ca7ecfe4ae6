// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/socket_chardev.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmm {

Result<std::unique_ptr<Chardev>> SocketChardev::create(const std::string& path) {
  BoundSocket socket = TRY(BoundSocket::bind(path, SocketType::kStream));
  Output writer = TRY(Output::create());
  return std::unique_ptr<Chardev>(new SocketChardev(std::move(socket), std::move(writer)));
}

SocketChardev::SocketChardev(BoundSocket socket, Output writer)
    : socket_(std::move(socket)), writer_(std::move(writer)) {}

Result<void> SocketChardev::connect(EventLoop& loop, Input input) {
  input_.emplace(std::move(input));
  listening_ =
      TRY(loop.watch(socket_.fd(), EPOLLIN, [this, &loop](uint32_t) { accept_client(loop); }));
  return {};
}

void SocketChardev::write(std::span<const std::byte> bytes) {
  Client client;
  {
    std::lock_guard lock(mutex_);
    client = client_;
  }
  if (client) writer_.write(client->get(), bytes);
}

void SocketChardev::accept_client(EventLoop& loop) {
  auto connection = accept_connection(socket_.fd());
  if (!connection) return;
  // A client that reads slowly must not block a write for longer than its poll.
  fcntl(connection->get(), F_SETFL, O_NONBLOCK);
  auto client = std::make_shared<const UniqueFd>(std::move(*connection));
  auto pump = InputPump::create(loop, client->get(), *input_, [this] { end_client(); });
  if (!pump) return;
  pump_ = std::move(*pump);
  listening_.set_events(0);
  set_client(std::move(client));
}

void SocketChardev::end_client() {
  pump_.reset();
  set_client(nullptr);
  listening_.set_events(EPOLLIN);
}

void SocketChardev::set_client(Client client) {
  std::lock_guard lock(mutex_);
  client_ = std::move(client);
}

}  // namespace vm_control::vmm
