// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/balloon_queries.h"

namespace vm_control {

BalloonQueries::BalloonQueries(const Executor& executor, EventLoop& loop)
    : executor_(executor), timer_(loop.timer([this] { on_deadline(); })) {}

std::optional<Response> BalloonQueries::ask(ResponseSink& sink) {
  auto last = executor_.with_balloon([](Balloon& balloon) { return balloon.stats(); });
  if (last && last->age_ms <= kFresh.count()) return response::BalloonStats{*last};
  // The guest may answer while it is asked.
  uint64_t reports = executor_.with_balloon([](Balloon& balloon) { return balloon.reports(); });
  auto asked = executor_.with_balloon([](Balloon& balloon) { return balloon.request_stats(); });
  if (!asked) return response::Err{asked.error().code()};
  if (sink.holds_up_others()) return executor_.balloon_stats();
  queries_.push_back({&sink, reports, Clock::now() + kPatience});
  if (!timer_) timer_.call_at(queries_.front().deadline);
  return std::nullopt;
}

void BalloonQueries::forget(ResponseSink& sink) {
  std::erase_if(queries_, [&sink](const Query& each) { return each.sink == &sink; });
}

void BalloonQueries::on_balloon_changed() {
  if (queries_.empty()) return;
  uint64_t reports = executor_.with_balloon([](Balloon& balloon) { return balloon.reports(); });
  end([reports](const Query& each) { return each.reports < reports; });
}

// The timer may have been armed for a query that has its answer.
void BalloonQueries::on_deadline() {
  end([now = Clock::now()](const Query& each) { return each.deadline <= now; });
  if (!queries_.empty()) timer_.call_at(queries_.front().deadline);
}

template <class Condition>
void BalloonQueries::end(Condition condition) {
  for (ResponseSink* each : take_sinks(queries_, condition)) {
    each->on_answer(executor_.balloon_stats());
  }
}

}  // namespace vm_control
