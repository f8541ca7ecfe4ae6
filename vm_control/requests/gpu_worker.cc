// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/gpu_worker.h"

#include "vm_control/base/start_thread.h"
#include "vm_control/base/try.h"

namespace vm_control {

Result<std::unique_ptr<GpuWorker>> GpuWorker::create(EventLoop& loop, GpuMemoryAllocator& allocator,
                                                     std::function<void()> on_start,
                                                     OnDone on_done) {
  std::unique_ptr<GpuWorker> worker(new GpuWorker(allocator, loop.poster(), std::move(on_done)));
  worker->thread_ = TRY(start_thread("gpu", [raw = worker.get(), on_start = std::move(on_start)] {
    if (on_start) on_start();
    raw->run();
  }));
  return worker;
}

GpuWorker::~GpuWorker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void GpuWorker::start(Job job, const request::AllocateAndRegisterGpuMemory& request) {
  {
    std::lock_guard lock(mutex_);
    waiting_.emplace_back(job, request);
  }
  wake_.notify_one();
}

void GpuWorker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto [job, request] = waiting_.front();
    waiting_.erase(waiting_.begin());
    lock.unlock();
    auto buffer = allocator_.allocate(request.width, request.height, request.format);
    poster_.post(
        [done = Done{job, std::move(buffer)}, on_done = std::weak_ptr(on_done_)]() mutable {
          if (auto call = on_done.lock()) (*call)(std::move(done));
        });
    lock.lock();
  }
}

}  // namespace vm_control
