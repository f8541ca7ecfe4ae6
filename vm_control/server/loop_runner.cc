// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/loop_runner.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/start_thread.h"
#include "vm_control/base/try.h"

namespace vm_control {

struct ThreadRunner::State {
  struct Runner {
    // The loop itself may go as soon as it is stopped.
    Poster poster;
    EventLoop* loop;
    std::thread thread;
    bool has_ended = false;
  };

  void end(size_t index) {
    std::lock_guard lock(mutex);
    runners[index].has_ended = true;
    --running;
    ended.notify_all();
  }

  std::mutex mutex;
  std::condition_variable ended;
  std::vector<Runner> runners;
  size_t running = 0;
};

ThreadRunner::ThreadRunner(std::function<void()> on_start)
    : on_start_(std::move(on_start)), state_(std::make_shared<State>()) {}

ThreadRunner::~ThreadRunner() {
  stop(kPatience);
}

Result<void> ThreadRunner::start(const char* name, EventLoop& loop, std::shared_ptr<void> served) {
  std::lock_guard lock(state_->mutex);
  size_t index = state_->runners.size();
  auto run = [state = state_, index, on_start = on_start_, &loop,
              served = std::move(served)]() mutable {
    on_start();
    loop.run();
    served.reset();
    state->end(index);
  };
  std::thread thread = TRY(start_thread(name, std::move(run)));
  state_->runners.push_back({loop.poster(), &loop, std::move(thread)});
  ++state_->running;
  return {};
}

size_t ThreadRunner::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  for (State::Runner& each : state_->runners) {
    if (!each.has_ended) each.poster.post([loop = each.loop] { loop->stop(); });
  }
  state_->ended.wait_for(lock, patience, [this] { return state_->running == 0; });
  for (State::Runner& each : state_->runners) {
    // One that has ended needs the lock no more.
    if (each.has_ended) {
      each.thread.join();
    } else {
      each.thread.detach();
    }
  }
  state_->runners.clear();
  return state_->running;
}

}  // namespace vm_control
