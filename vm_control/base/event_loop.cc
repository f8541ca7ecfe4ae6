// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_loop.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

Result<EventLoop> EventLoop::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("create an epoll instance");
  EventFd wake = TRY(EventFd::create());
  // No handler: this event only ends the wait.
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.fd(), &event) < 0) return fail_errno("watch");
  return EventLoop(std::move(epoll), std::move(wake));
}

EventLoop::EventLoop(UniqueFd epoll, EventFd wake)
    : epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      stopping_(std::make_unique<std::atomic<bool>>(false)) {}

Result<void> EventLoop::watch(int fd, uint32_t events, EventHandler& handler) {
  epoll_event event{.events = events, .data = {.ptr = &handler}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return fail_errno("watch");
  return {};
}

void EventLoop::modify(int fd, uint32_t events, EventHandler& handler) {
  epoll_event event{.events = events, .data = {.ptr = &handler}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::unwatch(int fd, EventHandler& handler) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = 0; i < batch_size_; ++i) {
    if (batch_[static_cast<size_t>(i)].data.ptr == &handler) {
      batch_[static_cast<size_t>(i)].data.ptr = nullptr;
    }
  }
}

int EventLoop::run_once(int timeout_ms) {
  batch_size_ = std::max(0, epoll_wait(epoll_.get(), batch_.data(), kBatch, timeout_ms));
  int called = 0;
  for (int i = 0; i < batch_size_; ++i) {
    epoll_event event = batch_[static_cast<size_t>(i)];
    if (!event.data.ptr) continue;
    static_cast<EventHandler*>(event.data.ptr)->on_events(event.events);
    ++called;
  }
  batch_size_ = 0;
  return called;
}

void EventLoop::run() {
  while (!stopping_->exchange(false)) run_once(-1);
  wake_.take();
}

void EventLoop::stop() {
  stopping_->store(true);
  wake_.signal();
}

}  // namespace vm_control
