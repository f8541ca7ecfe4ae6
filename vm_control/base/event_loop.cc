// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_loop.h"

#include <utility>

#include "vm_control/base/loop_state.h"
#include "vm_control/base/try.h"

namespace vm_control {

Watch::Watch(Watch&& other) noexcept
    : loop_(other.loop_), entry_(std::exchange(other.entry_, nullptr)) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  Watch taken(std::move(other));
  std::swap(loop_, taken.loop_);
  std::swap(entry_, taken.entry_);
  return *this;
}

Watch::~Watch() {
  if (entry_) loop_->end(*entry_);
}

void Watch::set_events(uint32_t events) {
  loop_->set_events(*entry_, events);
}

Timer::Timer(Timer&& other) noexcept
    : loop_(other.loop_), entry_(std::exchange(other.entry_, nullptr)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  Timer taken(std::move(other));
  std::swap(loop_, taken.loop_);
  std::swap(entry_, taken.entry_);
  return *this;
}

Timer::~Timer() {
  if (entry_) loop_->end(*entry_);
}

Timer::operator bool() const {
  return entry_ && entry_->node.empty();
}

void Timer::call_at(Clock::time_point when) {
  loop_->set(*entry_, when);
}

void Poster::post(Function<void()> call) const {
  calls_->post(std::move(call));
}

Result<EventLoop> EventLoop::create() {
  return EventLoop(TRY(internal::LoopState::create()));
}

EventLoop::EventLoop(std::unique_ptr<internal::LoopState> state) : state_(std::move(state)) {}
EventLoop::EventLoop(EventLoop&&) noexcept = default;
EventLoop::~EventLoop() = default;

int EventLoop::fd() const {
  return state_->fd();
}

Result<Watch> EventLoop::watch(int fd, uint32_t events, OnEvents on_events) {
  return state_->watch(fd, events, std::move(on_events));
}

Timer EventLoop::timer(Function<void()> call) {
  return state_->timer(std::move(call));
}

Timer EventLoop::call_at(Clock::time_point when, Function<void()> call) {
  Timer timer = state_->timer(std::move(call));
  timer.call_at(when);
  return timer;
}

Poster EventLoop::poster() const {
  return Poster(state_->posted());
}

int EventLoop::run_once(int timeout_ms) {
  return state_->run_once(timeout_ms);
}

bool EventLoop::serve_hangups() {
  return state_->serve_hangups();
}

void EventLoop::run() {
  state_->run();
}

void EventLoop::stop() {
  state_->stop();
}

}  // namespace vm_control
