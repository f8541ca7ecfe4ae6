// SPDX-License-Identifier: BSD-3-Clause
// Passes the signals of eventfds on to others, in a loop.
//
// A signal wakes all that watch the eventfd, so the owner of an eventfd decides how long its signal
// takes. A thread that must not wait for that, such as a vCPU, signals an eventfd that only the
// loop watches; the loop adds the count to the owner's.
// Threads: that of the loop, unless a function says something else.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class EventRelays {
  struct Entry;
  struct State;

 public:
  // An eventfd whose signals are passed on, until this is destroyed: at once on the thread of the
  // loop, on any other in the loop's next turn. It may outlive the relays, and does nothing then.
  class Relay {
   public:
    Relay() = default;
    Relay(Relay&&) noexcept = default;
    Relay& operator=(Relay&& other) noexcept;
    ~Relay();

    explicit operator bool() const { return entry_ != nullptr; }

    // Any thread: the eventfd to signal, open for as long as this lives.
    int fd() const;

    // Ends the relay, and returns what add() took.
    UniqueFd stop();

   private:
    friend class EventRelays;
    Relay(std::weak_ptr<State> state, Poster poster, std::shared_ptr<Entry> entry)
        : state_(std::move(state)), poster_(std::move(poster)), entry_(std::move(entry)) {}

    std::weak_ptr<State> state_;
    std::optional<Poster> poster_;
    std::shared_ptr<Entry> entry_;
  };

  // The loop outlives this.
  explicit EventRelays(EventLoop& loop);
  // Ends all.
  ~EventRelays();
  EventRelays(const EventRelays&) = delete;
  EventRelays& operator=(const EventRelays&) = delete;

  // Passes the signals of a new eventfd on to `to`, which is taken if that succeeds. It may be a
  // blocking one: a counter that has no room stays as it is, for it is signalled. Only an owner who
  // keeps its counter almost full can make the loop wait.
  // Errors: EINVAL (`to` is no eventfd, or a full one), EMFILE, ENFILE, ENOMEM, ENOSPC.
  Result<Relay> add(UniqueFd& to);

 private:
  EventLoop& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace vm_control
