// SPDX-License-Identifier: BSD-3-Clause
// Allocates GPU buffers on a thread of its own: a GPU's driver may take its time.
// Threads: the control thread only; the allocator is called by the worker's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/gpu/gpu_memory_allocator.h"
#include "vm_control/protocol/classic_request.h"

namespace vm_control {

class GpuWorker final : private EventHandler {
 public:
  using Job = uint64_t;
  using OnDone = std::function<void(Job, Result<GpuBuffer>)>;

  // on_start  what the thread does first.
  // on_done   called in `loop` for each job. `loop` and `allocator` outlive this.
  // Errors: EAGAIN (no more threads), EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<GpuWorker>> create(EventLoop& loop, GpuMemoryAllocator& allocator,
                                                   std::function<void()> on_start, OnDone on_done);

  // Waits for the allocation that is under way, if there is one; what is not begun is dropped.
  ~GpuWorker();

  // Begins to allocate what `request` says.
  void start(Job job, const request::AllocateAndRegisterGpuMemory& request);

 private:
  GpuWorker(EventLoop& loop, GpuMemoryAllocator& allocator, OnDone on_done, EventFd finished);

  void run();
  void on_events(uint32_t events) override;

  EventLoop& loop_;
  GpuMemoryAllocator& allocator_;
  OnDone on_done_;
  EventFd finished_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::pair<Job, request::AllocateAndRegisterGpuMemory>> waiting_;
  std::vector<std::pair<Job, Result<GpuBuffer>>> done_;
  std::vector<std::pair<Job, Result<GpuBuffer>>> delivering_;
  std::thread thread_;
};

}  // namespace vm_control
