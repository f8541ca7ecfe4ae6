// SPDX-License-Identifier: BSD-3-Clause
// A chardev at a Unix stream socket, for one client at a time. The next client waits until the
// first has gone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/input_pump.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class SocketChardev final : public Chardev {
 public:
  // Errors: those of BoundSocket::bind(); EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Chardev>> create(const std::string& path);

  // Bytes that come while there is no client are lost.
  void write(std::span<const std::byte> bytes) override;
  Result<void> connect(EventLoop& loop, Input input) override;
  void close() override { writer_.close(); }
  std::string socket_path() const override { return socket_.path(); }

 private:
  using Client = std::shared_ptr<const UniqueFd>;

  SocketChardev(BoundSocket socket, Output writer);

  void accept_client(EventLoop& loop);
  void end_client();
  void set_client(Client client);

  BoundSocket socket_;
  Output writer_;
  std::optional<Input> input_;
  std::mutex mutex_;
  Client client_;                    // shared with a write() that is under way; guarded by mutex_
  std::unique_ptr<InputPump> pump_;  // reads client_, so it ends first
  Watch listening_;
};

}  // namespace vm_control::vmm
