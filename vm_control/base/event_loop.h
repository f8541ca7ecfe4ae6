// SPDX-License-Identifier: BSD-3-Clause
// One thread that waits for many things: descriptors, moments, and calls from other threads.
//
//   EventLoop loop = *EventLoop::create();
//   Watch watch = *loop.watch(fd, EPOLLIN, [&](uint32_t events) { ... });   while `watch` lives
//   Timer timer = loop.call_at(EventLoop::Clock::now() + 5s, [&] { ... });   once, if `timer` lives
//   Timer timer = loop.timer([&] { ... });   timer.call_at(when);            once for each call_at
//   loop.post([&] { ... });                                                  from any thread
//   loop.run();                                                              until stop()
//
// A function that the loop calls may end any watch or timer, its own included, and may make new
// ones. A program that has a loop of its own waits for fd() there and calls run_once() when it is
// readable.
//
// Threads: one at a time, and while run() or run_once() runs only the thread that does so. post(),
// stop() and a Poster are for any thread.
// Source: epoll(7), level-triggered; timerfd_create(2).
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "vm_control/base/function.h"
#include "vm_control/base/result.h"

namespace vm_control {

// The loop's own books, which watches, timers and posters refer to.
namespace internal {
class LoopState;
class PostedCalls;
struct WatchEntry;
struct TimerEntry;
}  // namespace internal

// A descriptor that a loop waits for, until this is destroyed. The descriptor and the loop outlive
// it.
class Watch {
 public:
  // Waits for nothing.
  Watch() = default;
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch();

  explicit operator bool() const { return entry_ != nullptr; }

  // Waits for other events from now on: EPOLLIN, EPOLLOUT, ... The kernel adds EPOLLHUP and
  // EPOLLERR.
  void set_events(uint32_t events);

 private:
  friend class internal::LoopState;
  Watch(internal::LoopState& loop, internal::WatchEntry& entry) : loop_(&loop), entry_(&entry) {}

  internal::LoopState* loop_ = nullptr;
  internal::WatchEntry* entry_ = nullptr;
};

// A call that a loop makes at a moment, unless this is destroyed before. The loop outlives it.
class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  // No call.
  Timer() = default;
  Timer(Timer&& other) noexcept;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();

  // Whether the call is still to come.
  explicit operator bool() const;

  // Makes the call once, at `when` or soon after, instead of at the moment that was set before; for
  // a moment that has passed, in the next turn. It allocates nothing.
  void call_at(Clock::time_point when);

 private:
  friend class internal::LoopState;
  Timer(internal::LoopState& loop, internal::TimerEntry& entry) : loop_(&loop), entry_(&entry) {}

  internal::LoopState* loop_ = nullptr;
  internal::TimerEntry* entry_ = nullptr;
};

// Hands calls to a loop from any thread. It may outlive the loop, which drops the calls that come
// too late.
class Poster {
 public:
  void post(Function<void()> call) const;

 private:
  friend class EventLoop;
  explicit Poster(std::shared_ptr<internal::PostedCalls> calls) : calls_(std::move(calls)) {}

  std::shared_ptr<internal::PostedCalls> calls_;
};

class EventLoop {
 public:
  using Clock = Timer::Clock;
  using OnEvents = Function<void(uint32_t events)>;

  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<EventLoop> create();

  EventLoop(EventLoop&&) noexcept;
  EventLoop& operator=(EventLoop&&) = delete;
  ~EventLoop();

  // Readable when run_once() has something to do.
  int fd() const;

  // Calls `on_events` whenever one of `events` has come on `fd`, with the events that epoll
  // reported, for as long as the watch lives.
  // Errors: EEXIST (fd is watched), EPERM (fd can't be polled, such as a regular file), ENOSPC.
  Result<Watch> watch(int fd, uint32_t events, OnEvents on_events);

  // A timer that is not set yet, for `call`.
  Timer timer(Function<void()> call);

  // A timer for `call` that is set to `when`.
  Timer call_at(Clock::time_point when, Function<void()> call);

  // Calls `call` in the next turn; any thread. Calls of one thread keep their order.
  void post(Function<void()> call) const { poster().post(std::move(call)); }
  Poster poster() const;

  // Waits at most `timeout_ms` (-1: without end, 0: not at all) and serves what is ready, once.
  // Returns how many functions it called for descriptors, timers and posts.
  int run_once(int timeout_ms);

  // Serves the watches whose other end has hung up, before their turn, and returns whether there
  // were any. Only a function that the loop calls may call it; the watch that this function serves
  // is left out. Called again by a function that it calls, it does nothing.
  bool serve_hangups();

  // Serves until stop().
  void run();

  // Makes run() return after this turn; any thread, and before run() too.
  void stop();

 private:
  explicit EventLoop(std::unique_ptr<internal::LoopState> state);

  std::unique_ptr<internal::LoopState> state_;
};

}  // namespace vm_control
