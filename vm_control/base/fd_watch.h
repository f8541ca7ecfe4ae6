// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "vm_control/base/event_loop.h"

namespace vm_control {

class FdWatch {
 public:
  static Result<std::unique_ptr<FdWatch>> create(EventLoop& loop, int fd,
                                                 std::function<void()> on_readable) {
    auto watch = loop.watch(fd, EPOLLIN,
                            [on_readable = std::move(on_readable)](uint32_t) { on_readable(); });
    if (!watch) return tl::unexpected(watch.error());
    return std::unique_ptr<FdWatch>(new FdWatch(std::move(*watch)));
  }

 private:
  explicit FdWatch(Watch watch) : watch_(std::move(watch)) {}
  Watch watch_;
};

}  // namespace vm_control
