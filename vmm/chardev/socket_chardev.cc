// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/socket_chardev.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmm {

Result<std::unique_ptr<Chardev>> SocketChardev::create(const std::string& path,
                                                       std::function<void()> on_thread_start) {
  BoundSocket socket = TRY(BoundSocket::bind(path, SocketType::kStream));
  Output writer = TRY(Output::create());
  return std::unique_ptr<Chardev>(
      new SocketChardev(std::move(socket), std::move(writer), std::move(on_thread_start)));
}

SocketChardev::SocketChardev(BoundSocket socket, Output writer,
                             std::function<void()> on_thread_start)
    : socket_(std::move(socket)),
      writer_(std::move(writer)),
      on_thread_start_(std::move(on_thread_start)) {}

SocketChardev::~SocketChardev() {
  // The thread closes the last copy of the socket, so it is stopped after ours is closed.
  listening_ = Watch();
  client_gone_ = Watch();
  socket_.reset();
  if (auto clients = thread()) clients->stop();
}

Result<void> SocketChardev::connect(EventLoop& loop, Input input) {
  UniqueFd listener = TRY(UniqueFd::duplicate(socket_->fd()));
  auto clients = TRY(ClientThread::start(std::move(input), std::move(listener), on_thread_start_));
  {
    MutexLock lock(mutex_);
    thread_ = clients;
  }
  pause_ = loop.timer([this] { listening_.set_events(EPOLLIN); });
  client_gone_ =
      TRY(loop.watch(clients->gone().fd(), EPOLLIN, [this](uint32_t) { accept_next(); }));
  listening_ = TRY(loop.watch(socket_->fd(), EPOLLIN, [this](uint32_t) { accept_client(); }));
  return {};
}

void SocketChardev::write(std::span<const std::byte> bytes) {
  auto clients = thread();
  auto client = clients ? clients->client() : nullptr;
  if (client) writer_.write(client->fd(), bytes);
}

void SocketChardev::close() {
  // First the writer: a vCPU that waits for it may keep the thread from giving up its input.
  writer_.close();
  if (auto clients = thread()) clients->close_input();
}

void SocketChardev::accept_client() {
  constexpr std::chrono::milliseconds kPause(100);
  listening_.set_events(0);
  auto connection = accept_connection(socket_->fd());
  // Without a free descriptor, epoll would wake the loop without end for the client that waits.
  if (!connection) return pause_.call_at(EventLoop::Clock::now() + kPause);
  // A client that reads slowly must not block a write for longer than its poll.
  fcntl(connection->get(), F_SETFL, O_NONBLOCK);
  thread()->serve(std::move(*connection));
}

void SocketChardev::accept_next() {
  thread()->gone().take();
  listening_.set_events(EPOLLIN);
}

std::shared_ptr<ClientThread> SocketChardev::thread() {
  MutexLock lock(mutex_);
  return thread_;
}

}  // namespace vm_control::vmm
