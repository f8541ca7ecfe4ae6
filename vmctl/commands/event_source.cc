// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/commands/event_source.h"

#include <algorithm>
#include <chrono>

#include "vmctl/cli/event_text.h"
#include "vmctl/cli/report.h"

namespace vm_control::vmctl {
namespace {

// How long events may wait for a VM that is asked for an address.
constexpr std::chrono::milliseconds kPatience(1000);

}  // namespace

EventSource::EventSource(const Context& context, std::string name, Client vm, Subscription events)
    : context_(context),
      name_(std::move(name)),
      addresses_(std::move(vm), std::min(context.timeout, kPatience)),
      events_(std::move(events)),
      has_exited_(events_.state() == VmState::kExited) {}

void EventSource::print_state() {
  auto now = std::chrono::system_clock::now();
  print_result(context_, format_state(now, name_, events_.state()),
               state_json(now, name_, events_.state()));
  if (!has_exited_) addresses_.refresh();
}

CallResult<uint64_t> EventSource::print_next() {
  auto event = events_.next(std::chrono::milliseconds(0));
  if (!event && event.error().kind == CallError::Kind::kTimedOut) return 0;
  if (!event && event.error().kind == CallError::Kind::kProtocol) {
    print_error(name_ + ": left out an event that this vmctl does not know");
    return 0;
  }
  if (!event) return tl::unexpected(event.error());
  SeenEvent seen{std::chrono::system_clock::now(), name_, *event, addresses_.find(*event)};
  print_result(context_, format_event(seen), event_json(seen));
  has_exited_ = event->type == EventType::kExited;
  return 1;
}

}  // namespace vm_control::vmctl
