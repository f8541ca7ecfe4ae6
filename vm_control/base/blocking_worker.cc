// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/blocking_worker.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "vm_control/base/start_thread.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kGrace(100);

// How long the thread naps after its work, and how many jobs wake it from that.
constexpr std::chrono::milliseconds kNap(10);
constexpr size_t kCrowd = 32;

// Room for more jobs than usually wait, so that handing one over takes nothing from the heap.
constexpr size_t kRoom = 512;

}  // namespace

struct BlockingWorker::State {
  State() {
    queue.reserve(kRoom);
    batch.reserve(kRoom);
  }

  void work();
  bool wait_for_jobs(std::unique_lock<std::mutex>& lock);

  std::mutex mutex;
  std::condition_variable wake;      // there are jobs, or the thread shall stop
  std::condition_variable progress;  // all jobs are done, or the thread has ended
  std::vector<Job> queue;
  std::vector<Job> batch;           // the jobs that the thread took from the queue; its own
  std::atomic<size_t> waiting = 0;  // written under the mutex
  size_t hurrying = 0;              // how many threads wait in wait_idle()
  bool asleep = false;
  bool stopping = false;
  bool done = false;
};

Result<std::unique_ptr<BlockingWorker>> BlockingWorker::create(std::function<void()> on_start) {
  std::unique_ptr<BlockingWorker> lane(new BlockingWorker(std::make_shared<State>()));
  lane->thread_ =
      TRY(start_thread("blocking-worker", [state = lane->state_, on_start = std::move(on_start)] {
        if (on_start) on_start();
        state->work();
      }));
  return lane;
}

BlockingWorker::~BlockingWorker() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->wake.notify_one();
  bool done = state_->progress.wait_for(lock, kGrace, [this] { return state_->done; });
  lock.unlock();
  if (done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void BlockingWorker::run(Function<void()> job) {
  add(std::move(job));
}

void BlockingWorker::close(UniqueFd fd) {
  if (fd) add(std::move(fd));
}

void BlockingWorker::unmap(MemoryMapping mapping) {
  if (mapping.data()) add(std::move(mapping));
}

void BlockingWorker::add(Job job) {
  std::lock_guard lock(state_->mutex);
  state_->queue.push_back(std::move(job));
  ++state_->waiting;
  if (state_->asleep || state_->queue.size() == kCrowd) state_->wake.notify_one();
}

size_t BlockingWorker::waiting() const {
  return state_->waiting;
}

bool BlockingWorker::wait_idle(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(state_->mutex);
  ++state_->hurrying;
  state_->wake.notify_one();
  bool idle = state_->progress.wait_for(lock, timeout, [this] { return state_->waiting == 0; });
  --state_->hurrying;
  return idle;
}

void BlockingWorker::State::work() {
  std::unique_lock lock(mutex);
  while (wait_for_jobs(lock)) {
    batch.swap(queue);
    for (Job& job : batch) {
      lock.unlock();
      if (auto* function = std::get_if<Function<void()>>(&job)) (*function)();
      job = Job();
      lock.lock();
      if (--waiting == 0) progress.notify_all();
    }
    batch.clear();
  }
  done = true;
  progress.notify_all();
}

// Returns false if there will be no more jobs. Waking a thread takes longer than closing a file. So
// a thread that has just worked is woken only by many jobs; else it finds the new ones when its nap
// ends.
bool BlockingWorker::State::wait_for_jobs(std::unique_lock<std::mutex>& lock) {
  wake.wait_for(lock, kNap, [this] { return stopping || hurrying > 0 || queue.size() >= kCrowd; });
  asleep = true;
  wake.wait(lock, [this] { return stopping || !queue.empty(); });
  asleep = false;
  return !queue.empty();
}

}  // namespace vm_control
