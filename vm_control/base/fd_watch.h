// SPDX-License-Identifier: BSD-3-Clause
// Calls a function whenever a descriptor is readable, for as long as it lives.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control {

class FdWatch final : private EventHandler {
 public:
  // `loop` and `fd` outlive this. `on_readable` takes what is readable, or is called again at once.
  // Errors: as EventLoop::watch() says.
  static Result<std::unique_ptr<FdWatch>> create(EventLoop& loop, int fd,
                                                 std::function<void()> on_readable) {
    std::unique_ptr<FdWatch> watch(new FdWatch(loop, fd, std::move(on_readable)));
    auto watched = loop.watch(fd, EPOLLIN, *watch);
    if (!watched) return tl::unexpected(watched.error());
    return watch;
  }
  ~FdWatch() { loop_.unwatch(fd_, *this); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

 private:
  FdWatch(EventLoop& loop, int fd, std::function<void()> on_readable)
      : loop_(loop), fd_(fd), on_readable_(std::move(on_readable)) {}

  void on_events(uint32_t) override { on_readable_(); }

  EventLoop& loop_;
  int fd_;
  std::function<void()> on_readable_;
};

}  // namespace vm_control
