// SPDX-License-Identifier: BSD-3-Clause
// Where the serial port of a guest leads: a terminal, a file, a socket, or nowhere.
//
//   guest -> vCPU thread -> write() -> the reader of the console
//   guest <- serial port <- Input   <- loop thread <- who types there
//
// A reader that is slow slows the guest down, as on a real line; it does not slow the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control::vmm {

class Console {
 public:
  // The way into the guest.
  struct Input {
    // Offers bytes; returns how many the guest had room for. The loop's thread calls it.
    std::function<size_t(std::span<const std::byte>)> send;
    // Signalled when there is room again.
    EventFd room;
  };

  virtual ~Console() = default;

  // Writes all of `bytes`; a vCPU thread. Waits for the reader, until close() at the latest. What
  // nobody reads is lost.
  virtual void write(std::span<const std::byte> bytes) = 0;

  // Begins to read in `loop`, which outlives this, and hands on what it reads.
  // Errors: as EventLoop::watch() says.
  virtual Result<void> start(EventLoop& loop, Input input) = 0;

  // Makes write() return at once, now and from now on; any thread.
  virtual void close() = 0;

  // The path of the socket that is removed with this; empty if there is none.
  virtual std::string socket_path() const { return {}; }
};

// The console that `spec` names: "stdio", "none", "file:PATH" or "unix:PATH".
// Errors: EINVAL (no such console), what opening the file or binding the socket says.
Result<std::unique_ptr<Console>> create_console(std::string_view spec);

}  // namespace vm_control::vmm
