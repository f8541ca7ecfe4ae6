// SPDX-License-Identifier: BSD-3-Clause
// Reads a descriptor in an EventLoop and hands its bytes on, no faster than they are taken.
//
// Threads: the loop's.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vmm/chardev/chardev.h"

namespace vm_control::vmm {

class InputPump final : private EventHandler {
 public:
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<InputPump>> create(EventLoop& loop, Console::Input input);
  ~InputPump();

  // Begins to read `fd`, which outlives the pump or the next stop(). `on_end` is called once, when
  // there is no more to read; it may destroy what `fd` belongs to, but not the pump.
  // Errors: as EventLoop::watch() says.
  Result<void> start(int fd, std::function<void()> on_end);

  void stop();

 private:
  InputPump(EventLoop& loop, Console::Input input, EventFd always_ready);

  // Offers again what the guest had no room for.
  struct Room final : EventHandler {
    explicit Room(InputPump& owner) : pump(owner) {}
    void on_events(uint32_t) override;
    InputPump& pump;
  };

  void on_events(uint32_t events) override;
  void offer();

  EventLoop& loop_;
  Console::Input input_;
  EventFd always_ready_;
  Room room_{*this};
  int fd_ = -1;
  int watched_ = -1;
  std::function<void()> on_end_;
  std::array<std::byte, 256> buffer_;
  std::span<const std::byte> pending_;
};

}  // namespace vm_control::vmm
