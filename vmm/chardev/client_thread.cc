// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/client_thread.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "vm_control/base/start_thread.h"
#include "vm_control/base/try.h"
#include "vm_control/transport/message.h"

namespace vm_control::vmm {
namespace {

// As read(2). The descriptors that come along are closed here; if the table is full, the kernel
// closes them meanwhile.
ssize_t receive_some(int fd, std::span<std::byte> buffer) {
  auto message = receive_message(fd, buffer, MSG_DONTWAIT);
  if (message) return static_cast<ssize_t>(message->size);
  errno = message.error().code();
  return -1;
}

}  // namespace

ClientThread::Connection::~Connection() {
  thread_.post([fd = std::move(fd_), gone = std::move(gone_)]() mutable {
    fd.reset();
    gone->signal();
  });
}

Result<std::shared_ptr<ClientThread>> ClientThread::start(Chardev::Input input, UniqueFd listener,
                                                          std::function<void()> on_start) {
  EventLoop loop = TRY(EventLoop::create());
  EventFd gone = TRY(EventFd::create());
  std::shared_ptr<ClientThread> state(
      new ClientThread(std::move(loop), std::move(gone), std::move(input), std::move(listener)));
  auto run = [state, on_start = std::move(on_start)] {
    on_start();
    state->run();
  };
  std::thread thread = TRY(start_thread("serial-client", std::move(run)));
  thread.detach();
  return state;
}

ClientThread::ClientThread(EventLoop loop, EventFd gone, Chardev::Input input, UniqueFd listener)
    : loop_(std::move(loop)),
      gone_(std::make_shared<EventFd>(std::move(gone))),
      listener_(std::move(listener)),
      input_{[this](std::span<const std::byte> bytes) { return offer(bytes); },
             std::move(input.room)},
      guest_(std::move(input.send)) {}

void ClientThread::run() {
  loop_.run();
  // A client may have come in the last moment.
  loop_.run_once(0);
  end_client();
  // Closes the connection, unless a write() still has it.
  loop_.run_once(0);
  listener_.reset();
}

void ClientThread::serve(UniqueFd connection) {
  auto client = std::make_shared<const Connection>(std::move(connection), loop_.poster(), gone_);
  loop_.post([this, client = std::move(client)]() mutable { begin(std::move(client)); });
}

void ClientThread::begin(std::shared_ptr<const Connection> client) {
  auto read = [fd = client->fd()](std::span<std::byte> buffer) { return receive_some(fd, buffer); };
  auto on_end = [this, fd = client->fd()] { await_close(fd); };
  auto pump = InputPump::create(loop_, client->fd(), read, input_, on_end);
  if (!pump) return;
  pump_ = std::move(*pump);
  MutexLock lock(client_mutex_);
  client_ = std::move(client);
}

void ClientThread::await_close(int fd) {
  pump_.reset();
  // The kernel reports that both sides are closed to whoever waits for nothing, too.
  auto watch = loop_.watch(fd, 0, [this](uint32_t) { end_client(); });
  if (!watch) return end_client();
  closing_ = std::move(*watch);
}

void ClientThread::end_client() {
  pump_.reset();
  closing_ = Watch();
  std::shared_ptr<const Connection> ended;
  {
    MutexLock lock(client_mutex_);
    ended.swap(client_);
  }
  // Ends a write that waits for the client.
  if (ended) shutdown(ended->fd(), SHUT_RDWR);
}

std::shared_ptr<const ClientThread::Connection> ClientThread::client() {
  MutexLock lock(client_mutex_);
  return client_;
}

size_t ClientThread::offer(std::span<const std::byte> bytes) {
  MutexLock lock(input_mutex_);
  return is_closed_ ? bytes.size() : guest_(bytes);
}

void ClientThread::close_input() {
  MutexLock lock(input_mutex_);
  is_closed_ = true;
}

void ClientThread::stop() {
  close_input();
  loop_.stop();
}

}  // namespace vm_control::vmm
