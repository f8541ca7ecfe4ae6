// SPDX-License-Identifier: BSD-3-Clause
// One thread that waits for many descriptors: epoll(7), level-triggered.
//
//   EventLoop loop = *EventLoop::create();
//   loop.watch(fd, EPOLLIN, handler);     handler.on_events(...) whenever fd is readable
//   loop.run();                           until stop(), from any thread
//
// A program that has a loop of its own waits for fd() there and calls run_once() when it is
// readable.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

// What an EventLoop calls, on the loop's thread. It may watch and unwatch anything, itself
// included.
class EventHandler {
 public:
  // events  EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR, ... as epoll reported them.
  virtual void on_events(uint32_t events) = 0;

 protected:
  ~EventHandler() = default;
};

class EventLoop {
 public:
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<EventLoop> create();

  // Readable when run_once() has something to do.
  int fd() const { return epoll_.get(); }

  // Calls `handler` for `events` on `fd`; both must live until unwatch(). One handler watches one
  // fd. Errors: EEXIST (fd is watched), EPERM (fd can't be polled, such as a regular file), ENOSPC.
  Result<void> watch(int fd, uint32_t events, EventHandler& handler);

  // Changes the events of an fd that is watched.
  void modify(int fd, uint32_t events, EventHandler& handler);

  // Ends the watch. `handler` is not called again, not even for events already received.
  void unwatch(int fd, EventHandler& handler);

  // Waits at most `timeout_ms` (-1: for ever, 0: not at all) and serves what is ready, once.
  // Returns how many handlers were called.
  int run_once(int timeout_ms);

  // Serves until stop().
  void run();

  // Makes run() return after the handlers of this turn; any thread, and before run() too.
  void stop();

 private:
  static constexpr int kBatch = 64;

  EventLoop(UniqueFd epoll, EventFd wake);

  UniqueFd epoll_;
  EventFd wake_;
  // On the heap, so that the loop can be moved while another thread may call stop().
  std::unique_ptr<std::atomic<bool>> stopping_;
  // The events being served: an unwatched handler is struck from those that are left.
  std::array<epoll_event, kBatch> batch_;
  int batch_size_ = 0;
};

}  // namespace vm_control
