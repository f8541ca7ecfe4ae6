// SPDX-License-Identifier: BSD-3-Clause
// Reads a descriptor in an EventLoop and hands the bytes to the guest, as fast as it takes them.
//
// Threads: the loop's.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vmm/chardev/chardev.h"

namespace vm_control::vmm {

class InputPump {
 public:
  // Reads into a buffer, as read(2) does: -1 with errno, or 0 at the end.
  using Read = Function<ssize_t(std::span<std::byte> buffer)>;

  // Calls `read` whenever `fd` is readable and the guest has taken what came before, until its end;
  // then calls `on_end`, which may destroy the pump. `loop`, `fd` and `input` outlive the pump.
  // Errors: those of EventLoop::watch(); EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<InputPump>> create(EventLoop& loop, int fd, Read read,
                                                   Chardev::Input& input, Function<void()> on_end);

 private:
  InputPump(EventLoop& loop, int fd, Read read, Chardev::Input& input, Function<void()> on_end);

  Result<void> begin();
  Result<void> watch();
  void read_some();
  void offer();
  void offer_rest();
  void end();

  EventLoop& loop_;
  int fd_;
  Read read_;
  Chardev::Input& input_;
  Function<void()> on_end_;
  std::array<std::byte, 256> buffer_;
  std::span<const std::byte> pending_;  // the guest had no room for it yet
  EventFd always_ready_{UniqueFd()};    // watched instead of fd_ if that can't be polled
  Watch readable_;
  Watch room_;
};

}  // namespace vm_control::vmm
