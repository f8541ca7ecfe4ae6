// SPDX-License-Identifier: BSD-3-Clause
// What other threads have finished, delivered in the loop.
//
//   auto completions = *Completions<int>::create(loop, [](int result) { use(result); });
//   lane.run([inbox = completions->inbox()] { inbox->put(compute()); });
//
// In the steady state nothing is taken from the heap.
// Threads: the control thread only; Inbox::put() is for any.
#pragma once

#include <sys/epoll.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/try.h"

namespace vm_control {

template <class T>
class Completions final : private EventHandler {
 public:
  // Where the other threads put what they have. It outlives the rest for as long as one of them
  // has it; what comes then is never delivered.
  class Inbox {
   public:
    explicit Inbox(EventFd event) : event_(std::move(event)) {}

    void put(T done) {
      std::lock_guard lock(mutex_);
      done_.push_back(std::move(done));
      event_.signal();
    }

   private:
    friend class Completions;

    std::mutex mutex_;
    std::vector<T> done_;
    EventFd event_;
  };

  using OnDone = std::function<void(T)>;

  // on_done  called in `loop`, which outlives this, for each.
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Completions>> create(EventLoop& loop, OnDone on_done) {
    auto inbox = std::make_shared<Inbox>(TRY(EventFd::create()));
    std::unique_ptr<Completions> completions(
        new Completions(loop, std::move(on_done), std::move(inbox)));
    TRY(loop.watch(completions->inbox_->event_.fd(), EPOLLIN, *completions));
    return completions;
  }
  ~Completions() { loop_.unwatch(inbox_->event_.fd(), *this); }
  Completions(const Completions&) = delete;
  Completions& operator=(const Completions&) = delete;

  const std::shared_ptr<Inbox>& inbox() const { return inbox_; }

 private:
  Completions(EventLoop& loop, OnDone on_done, std::shared_ptr<Inbox> inbox)
      : loop_(loop), on_done_(std::move(on_done)), inbox_(std::move(inbox)) {}

  void on_events(uint32_t) override {
    inbox_->event_.take();
    {
      std::lock_guard lock(inbox_->mutex_);
      delivering_.swap(inbox_->done_);
    }
    for (T& each : delivering_) on_done_(std::move(each));
    delivering_.clear();
  }

  EventLoop& loop_;
  OnDone on_done_;
  std::shared_ptr<Inbox> inbox_;
  std::vector<T> delivering_;
};

}  // namespace vm_control
