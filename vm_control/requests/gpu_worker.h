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

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/completions.h"
#include "vm_control/resources/gpu_memory_allocator.h"
#include "vm_control/protocol/classic_request.h"

namespace vm_control {

class GpuWorker {
 public:
  using Job = uint64_t;
  struct Done {
    Job job;
    Result<GpuBuffer> buffer;
  };
  using OnDone = std::function<void(Done)>;

  // on_start  what the thread does first.
  // on_done   called in `loop` for each job. `loop` and `allocator` outlive this.
  // Errors: EAGAIN (no more threads), EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<GpuWorker>> create(EventLoop& loop, GpuMemoryAllocator& allocator,
                                                   std::function<void()> on_start, OnDone on_done);

  // Waits for the allocation that is under way, if there is one; what is not begun is dropped.
  ~GpuWorker();
  GpuWorker(const GpuWorker&) = delete;
  GpuWorker& operator=(const GpuWorker&) = delete;

  // Begins to allocate what `request` says.
  void start(Job job, const request::AllocateAndRegisterGpuMemory& request);

 private:
  GpuWorker(GpuMemoryAllocator& allocator, std::unique_ptr<Completions<Done>> done)
      : allocator_(allocator), done_(std::move(done)) {}

  void run();

  GpuMemoryAllocator& allocator_;
  std::unique_ptr<Completions<Done>> done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::pair<Job, request::AllocateAndRegisterGpuMemory>> waiting_;
  std::thread thread_;
};

}  // namespace vm_control
