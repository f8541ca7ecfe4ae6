// SPDX-License-Identifier: BSD-3-Clause
// The other end of a guest's serial port: a terminal, a file, a socket, or nothing.
//
//   guest -> vCPU thread -> write() -> the reader at the other end
//   guest <- serial port <- Input   <- loop thread <- the writer at the other end (of a socket: a
//                                                     thread that the chardev starts)
//
// A slow reader slows the guest down, as on a real line. It does not slow the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vmm/chardev/lost_output.h"

namespace vm_control::vmm {

class Chardev {
 public:
  // The way into the guest.
  struct Input {
    // Offers bytes to the guest; returns how many it had room for. The loop's thread calls it, or
    // one of the chardev's own, which does not after close().
    Function<size_t(std::span<const std::byte>)> send;
    // Signalled when there is room again.
    EventFd room;
  };

  virtual ~Chardev() = default;

  // Writes all of `bytes`, on a vCPU thread. Waits for the reader, but not after close(). Bytes
  // that nobody reads are lost.
  virtual void write(std::span<const std::byte> bytes) = 0;

  // Begins to read in `loop`, which outlives this, and hands what it reads to `input`. To be called
  // at most once.
  // Errors: those of EventLoop::watch().
  virtual Result<void> connect(EventLoop& loop, Input input) = 0;

  // Makes write() return at once, now and from now on; any thread. What the input leads to may end
  // then, once the loop does no more.
  virtual void close() = 0;

  // Keeps the file that create_chardev() may have made. Otherwise it is removed with this, unless
  // something was written to it.
  virtual void keep_file() {}

  // The output that could not be written; null where that is no fault, as with a socket that has no
  // client.
  virtual LostOutput* lost_output() { return nullptr; }

  // The path of the socket that is removed with this; empty if there is none.
  virtual std::string socket_path() const { return {}; }
};

// The chardev that `spec` names: "stdio", "none", "file:PATH" or "unix:PATH". Output is appended to
// a file.
//
// on_thread_start  called first by each thread that the chardev starts.
// Errors: EINVAL (no such chardev), ENXIO (the file is a FIFO that nobody reads), those of opening
// the file or of binding the socket.
Result<std::unique_ptr<Chardev>> create_chardev(
    std::string_view spec, const std::function<void()>& on_thread_start = [] {});

}  // namespace vm_control::vmm
