// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/loop_state.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/check.h"
#include "vm_control/base/try.h"

namespace vm_control::internal {

Result<std::unique_ptr<LoopState>> LoopState::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("create an epoll instance");
  auto posted = std::make_shared<PostedCalls>(TRY(EventFd::create()));
  TimerFd timer = TRY(TimerFd::create());
  std::unique_ptr<LoopState> state(
      new LoopState(std::move(epoll), std::move(posted), std::move(timer)));
  // The two that are the loop's own are told by their addresses.
  TRY(state->add(state->posted_->fd(), EPOLLIN, &state->posted_));
  TRY(state->add(state->timer_.fd(), EPOLLIN, &state->timer_));
  return state;
}

Result<void> LoopState::add(int fd, uint32_t events, void* what) const {
  epoll_event event{.events = events, .data = {.ptr = what}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return fail_errno("watch");
  return {};
}

// ---- watches ----------------------------------------------------------------------------------

Result<Watch> LoopState::watch(int fd, uint32_t events, EventLoop::OnEvents on_events) {
  CHECK(thread_.may_use());
  auto entry = std::make_unique<WatchEntry>(WatchEntry{fd, std::move(on_events)});
  TRY(add(fd, events, entry.get()));
  return Watch(*this, *entry.release());
}

void LoopState::set_events(WatchEntry& entry, uint32_t events) const {
  CHECK(thread_.may_use());
  epoll_event event{.events = events, .data = {.ptr = &entry}};
  // It fails for no descriptor that is watched.
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, entry.fd, &event);
}

void LoopState::end(WatchEntry& entry) {
  CHECK(thread_.may_use());
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry.fd, nullptr);
  std::unique_ptr<WatchEntry> owned(&entry);
  if (!is_serving_) return;
  batch_.strike(entry);
  hangups_.strike(entry);
  ended_watches_.push_back(std::move(owned));
}

// ---- timers -----------------------------------------------------------------------------------

Timer LoopState::timer(Function<void()> call) {
  CHECK(thread_.may_use());
  auto entry = std::make_unique<TimerEntry>();
  entry->call = std::move(call);
  entry->place = timers_.emplace(Clock::time_point(), entry.get());
  unset(*entry);
  return Timer(*this, *entry.release());
}

void LoopState::set(TimerEntry& entry, Clock::time_point when) {
  CHECK(thread_.may_use());
  unset(entry);
  // Never in this turn, or a call that asks for another at once would keep all others waiting.
  entry.node.key() = std::max(when, Clock::now() + Clock::duration(1));
  entry.place = timers_.insert(std::move(entry.node));
  if (entry.place == timers_.begin()) arm();
}

// The descriptor may still expire for it, and finds nothing due then.
void LoopState::unset(TimerEntry& entry) {
  if (entry.node.empty()) entry.node = timers_.extract(entry.place);
}

void LoopState::end(TimerEntry& entry) {
  CHECK(thread_.may_use());
  unset(entry);
  std::unique_ptr<TimerEntry> owned(&entry);
  if (is_serving_) ended_timers_.push_back(std::move(owned));
}

void LoopState::arm() {
  if (!timers_.empty()) timer_.arm(timers_.begin()->first - Clock::now());
}

int LoopState::call_due_timers() {
  timer_.take();
  int called = 0;
  Clock::time_point now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    TimerEntry& entry = *timers_.begin()->second;
    unset(entry);
    entry.call();
    ++called;
  }
  arm();
  return called;
}

// ---- running ----------------------------------------------------------------------------------

int LoopState::run_once(int timeout_ms) {
  CHECK(thread_.may_use());
  CHECK(!is_serving_);
  ThreadChecker::Claim claim(thread_);
  batch_.receive(epoll_.get(), timeout_ms);
  is_serving_ = true;
  int called = 0;
  for (const epoll_event& each : batch_.all()) called += serve(each);
  is_serving_ = false;
  batch_.size = 0;
  ended_watches_.clear();
  ended_timers_.clear();
  return called;
}

int LoopState::serve(const epoll_event& event) {
  if (!event.data.ptr) return 0;
  if (event.data.ptr == &posted_) return posted_->call_all();
  if (event.data.ptr == &timer_) return call_due_timers();
  return serve(*static_cast<WatchEntry*>(event.data.ptr), event.events);
}

int LoopState::serve(WatchEntry& entry, uint32_t events) {
  served_ = &entry;
  entry.on_events(events);
  served_ = nullptr;
  return 1;
}

// Epoll tells again, in the next turn, of what this receives and does not serve.
bool LoopState::serve_hangups() {
  CHECK(thread_.may_use());
  CHECK(is_serving_);
  if (hangups_.size > 0) return false;
  const WatchEntry* caller = served_;
  hangups_.receive(epoll_.get(), 0);
  int called = 0;
  for (const epoll_event& each : hangups_.all()) {
    bool is_own = each.data.ptr == &posted_ || each.data.ptr == &timer_;
    bool has_hangup = each.data.ptr && !is_own && each.events & (EPOLLHUP | EPOLLERR);
    if (has_hangup && each.data.ptr != caller) called += serve(each);
  }
  hangups_.size = 0;
  served_ = caller;
  return called > 0;
}

void LoopState::Batch::receive(int epoll, int timeout_ms) {
  size = std::max(0, epoll_wait(epoll, events.data(), kMaxBatch, timeout_ms));
}

void LoopState::Batch::strike(const WatchEntry& ended) {
  for (epoll_event& event : all()) {
    if (event.data.ptr == &ended) event.data.ptr = nullptr;
  }
}

void LoopState::run() {
  while (!stopping_.exchange(false)) run_once(-1);
}

void LoopState::stop() {
  stopping_ = true;
  posted_->wake();
}

}  // namespace vm_control::internal
