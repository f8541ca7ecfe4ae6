// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/gpu_worker.h"

#include <pthread.h>
#include <sys/epoll.h>

#include <csignal>
#include <system_error>

#include "vm_control/base/try.h"

namespace vm_control {

Result<std::unique_ptr<GpuWorker>> GpuWorker::create(EventLoop& loop, GpuMemoryAllocator& allocator,
                                                     std::function<void()> on_start,
                                                     OnDone on_done) {
  EventFd finished = TRY(EventFd::create());
  std::unique_ptr<GpuWorker> worker(
      new GpuWorker(loop, allocator, std::move(on_done), std::move(finished)));
  TRY(loop.watch(worker->finished_.fd(), EPOLLIN, *worker));
  try {
    worker->thread_ = std::thread([raw = worker.get(), on_start = std::move(on_start)] {
      pthread_setname_np(pthread_self(), "gpu");
      if (on_start) on_start();
      raw->run();
    });
  } catch (const std::system_error& error) {
    return fail(error.code().value(), "start the GPU thread");
  }
  return worker;
}

GpuWorker::GpuWorker(EventLoop& loop, GpuMemoryAllocator& allocator, OnDone on_done,
                     EventFd finished)
    : loop_(loop),
      allocator_(allocator),
      on_done_(std::move(on_done)),
      finished_(std::move(finished)) {}

GpuWorker::~GpuWorker() {
  loop_.unwatch(finished_.fd(), *this);
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
    lock.lock();
    done_.emplace_back(job, std::move(buffer));
    finished_.signal();
  }
}

void GpuWorker::on_events(uint32_t) {
  finished_.take();
  {
    std::lock_guard lock(mutex_);
    delivering_.swap(done_);
  }
  for (auto& [job, buffer] : delivering_) on_done_(job, std::move(buffer));
  delivering_.clear();
}

}  // namespace vm_control
