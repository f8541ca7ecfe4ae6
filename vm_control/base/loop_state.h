// SPDX-License-Identifier: BSD-3-Clause
// The state of an EventLoop: its watches, its timers, and those that it serves at the moment.
//
// A function may end its own watch or timer while it runs. So an ended watch is struck from the
// events that were received, and the functions of both are destroyed at the end of the turn.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/posted_calls.h"
#include "vm_control/base/thread_checker.h"
#include "vm_control/base/timer_fd.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::internal {

struct WatchEntry {
  int fd;
  EventLoop::OnEvents on_events;
};

// The timers that are set, by their moments.
using TimerMap = std::multimap<EventLoop::Clock::time_point, struct TimerEntry*>;

// A timer is made with its node of the map, and keeps it while it is not set.
struct TimerEntry {
  Function<void()> call;
  TimerMap::node_type node;
  TimerMap::iterator place;  // while the map has the node
};

class LoopState {
 public:
  static Result<std::unique_ptr<LoopState>> create();
  ~LoopState() { posted_->close(); }

  int fd() const { return epoll_.get(); }
  const std::shared_ptr<PostedCalls>& posted() const { return posted_; }

  Result<Watch> watch(int fd, uint32_t events, EventLoop::OnEvents on_events);
  void set_events(WatchEntry& entry, uint32_t events) const;
  void end(WatchEntry& entry);

  Timer timer(Function<void()> call);
  void set(TimerEntry& entry, EventLoop::Clock::time_point when);
  void end(TimerEntry& entry);

  int run_once(int timeout_ms);
  bool serve_hangups();
  void run();
  void stop();

 private:
  using Clock = EventLoop::Clock;

  static constexpr int kMaxBatch = 64;

  // Events that were received at once, those that were served too.
  struct Batch {
    std::span<epoll_event> all() { return std::span(events).first(static_cast<size_t>(size)); }
    void receive(int epoll, int timeout_ms);
    void strike(const WatchEntry& ended);

    std::array<epoll_event, kMaxBatch> events;
    int size = 0;
  };

  LoopState(UniqueFd epoll, std::shared_ptr<PostedCalls> posted, TimerFd timer)
      : epoll_(std::move(epoll)), posted_(std::move(posted)), timer_(std::move(timer)) {}

  Result<void> add(int fd, uint32_t events, void* what) const;
  int serve(const epoll_event& event);
  int serve(WatchEntry& entry, uint32_t events);
  void unset(TimerEntry& entry);
  int call_due_timers();
  void arm();

  UniqueFd epoll_;
  std::shared_ptr<PostedCalls> posted_;
  TimerFd timer_;
  TimerMap timers_;
  std::atomic<bool> stopping_{false};
  ThreadChecker thread_;

  bool is_serving_ = false;
  const WatchEntry* served_ = nullptr;  // the watch whose function runs
  Batch batch_;                         // of this turn
  Batch hangups_;                       // of serve_hangups(), while that runs
  // Those that ended in this turn.
  std::vector<std::unique_ptr<WatchEntry>> ended_watches_;
  std::vector<std::unique_ptr<TimerEntry>> ended_timers_;
};

}  // namespace vm_control::internal
