// SPDX-License-Identifier: BSD-3-Clause
// The thread that serves the queues of a machine's devices.
//
//   EventLoop loop = TRY(EventLoop::create());
//   ... devices that use `loop` ...
//   auto thread = TRY(DeviceThread::start(loop, restrict_thread));
//
// Threads: the owner's.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"

namespace vm_control::vmm {

class DeviceThread {
 public:
  // Runs `loop`, which outlives this, on a thread of its own, named "virtio".
  //
  // on_start  called by the thread before anything else, to restrict itself.
  // Errors    EAGAIN  there are too many threads.
  static Result<std::unique_ptr<DeviceThread>> start(EventLoop& loop,
                                                     std::function<void()> on_start);

  // Stops the loop, and waits for the end of the turn that it is in.
  ~DeviceThread();
  DeviceThread(const DeviceThread&) = delete;
  DeviceThread& operator=(const DeviceThread&) = delete;

 private:
  DeviceThread(EventLoop& loop, std::thread thread) : loop_(loop), thread_(std::move(thread)) {}

  EventLoop& loop_;
  std::thread thread_;
};

}  // namespace vm_control::vmm
