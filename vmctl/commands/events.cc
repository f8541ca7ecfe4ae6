// SPDX-License-Identifier: BSD-3-Clause
// vmctl events VM
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/try.h"
#include "vmctl/cli/event_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/stop_signals.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

struct EventsOptions {
  std::string vm;
  std::optional<uint64_t> count;
};

// Prints events until a signal comes, the VM has exited, or there were enough of them.
class EventPrinter {
 public:
  EventPrinter(const Context& context, const EventsOptions& options, Subscription events)
      : context_(context), options_(options), events_(std::move(events)) {}

  CallResult<> run() {
    auto followed = follow();
    if (!followed) return fail_call(CallError::Kind::kLocal, followed.error());
    return std::move(outcome_);
  }

 private:
  Result<void> follow() {
    EventLoop loop = TRY(EventLoop::create());
    // Before anything is printed: its reader may answer with a signal.
    auto signals = TRY(StopSignals::create(loop, [&loop] { loop.stop(); }));
    print_state();
    if (is_done()) return {};
    Watch watch = TRY(loop.watch(events_.fd(), EPOLLIN, [&](uint32_t) {
      take_next();
      if (is_done()) loop.stop();
    }));
    loop.run();
    return {};
  }

  void print_state() {
    const char* state = to_string(events_.state());
    has_exited_ = events_.state() == VmState::kExited;
    is_told_ =
        print_result(context_, fmt::format("{} is {}", options_.vm, state),
                     {{"vm", options_.vm}, {"type", "state"}, {"sequence", 0}, {"state", state}});
  }

  void take_next() {
    auto event = events_.next(std::chrono::milliseconds(0));
    if (event) return print(*event);
    if (event.error().kind == CallError::Kind::kTimedOut) return;
    if (event.error().kind == CallError::Kind::kProtocol) {
      return print_error(options_.vm + ": left out an event that this vmctl does not know");
    }
    outcome_ = tl::unexpected(event.error());
  }

  void print(const Event& event) {
    is_told_ = print_result(context_, format_event(event), event_json(options_.vm, event));
    has_exited_ = event.type == EventType::kExited;
    ++printed_;
  }

  bool is_done() const {
    return has_exited_ || !is_told_ || !outcome_ || (options_.count && printed_ >= *options_.count);
  }

  const Context& context_;
  const EventsOptions& options_;
  Subscription events_;
  uint64_t printed_ = 0;
  bool has_exited_ = false;
  bool is_told_ = true;
  CallResult<> outcome_;
};

ExitStatus watch_events(const Context& context, const EventsOptions& options) {
  return with_extended_vm(context, options.vm, "events", [&](Client& vm) -> CallResult<> {
    EventPrinter printer(context, options, TRY(vm.subscribe()));
    return printer.run();
  });
}

}  // namespace

void add_events(Command root, const Context& context) {
  Command command = root.add_subcommand("events", "Print what happens to a VM, until it exits");
  auto options = std::make_shared<EventsOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_option("--count N", options->count, "End after N events");
  command.on_run([options, &context] { return watch_events(context, *options); });
}

}  // namespace vm_control::vmctl
