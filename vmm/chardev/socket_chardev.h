// SPDX-License-Identifier: BSD-3-Clause
// A chardev at a Unix stream socket, for one client at a time. The next client waits until the
// first has gone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "vm_control/base/mutex.h"
#include "vm_control/transport/bound_socket.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/client_thread.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class SocketChardev final : public Chardev {
 public:
  // on_thread_start  called first by the thread that connect() starts: it reads what clients send.
  // Errors: those of BoundSocket::bind(); EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Chardev>> create(const std::string& path,
                                                 std::function<void()> on_thread_start);
  ~SocketChardev() override;

  // Bytes that come while there is no client are lost.
  void write(std::span<const std::byte> bytes) override;
  // Errors also: EAGAIN (too many threads).
  Result<void> connect(EventLoop& loop, Input input) override;
  void close() override;
  std::string socket_path() const override { return socket_->path(); }

 private:
  SocketChardev(BoundSocket socket, Output writer, std::function<void()> on_thread_start);

  void accept_client();
  void accept_next();
  std::shared_ptr<ClientThread> thread();

  std::optional<BoundSocket> socket_;
  Output writer_;
  std::function<void()> on_thread_start_;
  Mutex mutex_;
  std::shared_ptr<ClientThread> thread_ GUARDED_BY(mutex_);  // null before connect()
  Watch listening_;
  Watch client_gone_;
  Timer pause_;  // set while there is no descriptor for the next client
};

}  // namespace vm_control::vmm
