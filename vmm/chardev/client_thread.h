// SPDX-License-Identifier: BSD-3-Clause
// Serves the clients of a SocketChardev, one after the other, on a thread of its own.
//
// Whatever a client sends is received there, and every descriptor of a client's is closed there:
// that can take as long as the client likes, if it is a file of FUSE or a socket that lingers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/input_pump.h"

namespace vm_control::vmm {

class ClientThread {
 public:
  // The connection to a client. Who drops it last makes the thread close it.
  class Connection {
   public:
    Connection(UniqueFd fd, Poster thread, std::shared_ptr<EventFd> gone)
        : fd_(std::move(fd)), thread_(std::move(thread)), gone_(std::move(gone)) {}
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int fd() const { return fd_.get(); }

   private:
    UniqueFd fd_;
    Poster thread_;
    std::shared_ptr<EventFd> gone_;
  };

  // Starts the thread, which calls `on_start` before anything else. A thread that is stuck goes on
  // after stop(), and keeps what it needs.
  //
  // listener  another owner of the listening socket. The thread closes it last: connections that
  //           nobody accepted may bring descriptors, too.
  // Errors    EMFILE, ENFILE, ENOMEM; EAGAIN (too many threads).
  static Result<std::shared_ptr<ClientThread>> start(Chardev::Input input, UniqueFd listener,
                                                     std::function<void()> on_start);

  // Begins to serve a client. The one before must have gone. A client that only stops sending is
  // served until it closes its connection: it may wait for what the guest answers.
  void serve(UniqueFd connection);

  // Signalled when the client has gone, and all that it sent is closed.
  EventFd& gone() { return *gone_; }

  // The client that is served, or null; any thread.
  std::shared_ptr<const Connection> client();

  // Gives the guest no more input from now on; any thread.
  void close_input();

  // Makes the thread end soon, without waiting for it.
  void stop();

 private:
  ClientThread(EventLoop loop, EventFd gone, Chardev::Input input, UniqueFd listener);

  void run();
  void begin(std::shared_ptr<const Connection> client);
  void await_close(int fd);
  void end_client();
  size_t offer(std::span<const std::byte> bytes);

  EventLoop loop_;
  std::shared_ptr<EventFd> gone_;
  UniqueFd listener_;
  Chardev::Input input_;  // leads through offer() to guest_
  Mutex input_mutex_;
  Function<size_t(std::span<const std::byte>)> guest_ GUARDED_BY(input_mutex_);
  bool is_closed_ GUARDED_BY(input_mutex_) = false;
  Mutex client_mutex_;
  std::shared_ptr<const Connection> client_ GUARDED_BY(client_mutex_);
  std::unique_ptr<InputPump> pump_;  // reads client_, so it ends first
  Watch closing_;                    // of client_, once it has sent all
};

}  // namespace vm_control::vmm
