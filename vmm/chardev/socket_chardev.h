// SPDX-License-Identifier: BSD-3-Clause
// A console at a Unix stream socket, for one client at a time. The next waits until it has gone.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/input_pump.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class SocketConsole final : public Console, private EventHandler {
 public:
  // Errors: as BoundSocket::bind() says; EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Console>> create(const std::string& path);
  ~SocketConsole() override;

  // What is written while no client is there is lost.
  void write(std::span<const std::byte> bytes) override;
  Result<void> start(EventLoop& loop, Input input) override;
  void close() override { writer_.close(); }
  std::string socket_path() const override { return socket_.path(); }

 private:
  using Client = std::shared_ptr<const UniqueFd>;

  SocketConsole(BoundSocket socket, Output writer);

  // The listening socket is readable: a client has come.
  void on_events(uint32_t events) override;
  void set_client(Client client);

  BoundSocket socket_;
  Output writer_;
  EventLoop* loop_ = nullptr;
  std::mutex mutex_;
  Client client_;                    // shared with a write() that is under way; guarded by mutex_
  std::unique_ptr<InputPump> pump_;  // watches client_, so it goes first
};

}  // namespace vm_control::vmm
