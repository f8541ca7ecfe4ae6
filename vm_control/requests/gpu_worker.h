// SPDX-License-Identifier: BSD-3-Clause
// Allocates GPU buffers on a thread of its own: a GPU's driver may take its time.
// Threads: the loop's; the worker's thread calls the allocator.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/function.h"
#include "vm_control/base/result.h"
#include "vm_control/protocol/requests.h"
#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

class GpuWorker {
 public:
  using Job = uint64_t;
  struct Done {
    Job job;
    Result<GpuBuffer> buffer;
  };
  using OnDone = Function<void(Done)>;

  // on_start  what the thread does first.
  // on_done   called in `loop` for each job, but not after this has gone. `loop` and `allocator`
  //           outlive this.
  // Errors: EAGAIN (no more threads).
  static Result<std::unique_ptr<GpuWorker>> create(EventLoop& loop, GpuMemoryAllocator& allocator,
                                                   std::function<void()> on_start, OnDone on_done);

  // Waits for the allocation that is under way, if there is one; the others are dropped.
  ~GpuWorker();
  GpuWorker(const GpuWorker&) = delete;
  GpuWorker& operator=(const GpuWorker&) = delete;

  // Begins to allocate what `request` says.
  void start(Job job, const request::AllocateAndRegisterGpuMemory& request);

 private:
  GpuWorker(GpuMemoryAllocator& allocator, Poster poster, OnDone on_done)
      : allocator_(allocator),
        poster_(std::move(poster)),
        on_done_(std::make_shared<OnDone>(std::move(on_done))) {}

  void run();

  GpuMemoryAllocator& allocator_;
  Poster poster_;
  std::shared_ptr<OnDone> on_done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::pair<Job, request::AllocateAndRegisterGpuMemory>> waiting_;
  std::thread thread_;
};

}  // namespace vm_control
