// SPDX-License-Identifier: BSD-3-Clause
// The requests for a guest's statistics that wait for the guest.
//
//   ask()                 asks the guest; the answer is the next report, if that comes in time
//   on_balloon_changed()  answers all that a report has come for
//   the timer             answers those that have waited for kPatience by what was told last
//
// Threads: one, that of the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/protocol/response.h"
#include "vm_control/requests/executor.h"
#include "vm_control/requests/response_sink.h"

namespace vm_control {

class BalloonQueries {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};
  // Statistics of this age are fresh: clients can't have the guest do nothing else than tell them.
  static constexpr std::chrono::milliseconds kFresh{100};

  // The executor and the loop outlive this.
  BalloonQueries(const Executor& executor, EventLoop& loop);

  // The response to a request for statistics. If there is none yet, `sink` gets it, unless it says
  // forget() before.
  //
  // Responds  Err(ENOTCONN, ENOTSUP)  as Balloon::request_stats() says.
  //           Err(ENODATA)            the guest has told nothing.
  std::optional<Response> ask(ResponseSink& sink);
  void forget(ResponseSink& sink);

  // Call when Balloon::reports() has grown.
  void on_balloon_changed();

 private:
  using Clock = EventLoop::Clock;

  struct Query {
    ResponseSink* sink;
    uint64_t reports;  // how many there had been before
    Clock::time_point deadline;
  };

  template <class Condition>
  void end(Condition condition);
  void on_deadline();

  const Executor& executor_;
  std::vector<Query> queries_;  // the one with the first deadline in front
  Timer timer_;                 // armed while there is a query
};

}  // namespace vm_control
