// SPDX-License-Identifier: BSD-3-Clause
// vmctl events VM...
#include <algorithm>
#include <cerrno>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm_control/base/event_loop.h"
#include "vm_control/base/try.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/stop_signals.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"
#include "vmctl/commands/event_source.h"

namespace vm_control::vmctl {
namespace {

struct EventsOptions {
  std::vector<std::string> vms;
  std::optional<uint64_t> count;
};

// Prints the events of VMs until a signal comes, all VMs have exited, there were enough events, or
// nobody reads them.
class EventPrinter {
 public:
  EventPrinter(const Context& context, const EventsOptions& options, EventLoop& loop)
      : context_(context), options_(options), loop_(loop) {}

  ExitStatus run() {
    for (const std::string& name : options_.vms) add(name);
    auto watched = watch_output();
    if (!watched) return fail_with(kRefused, "cannot " + watched.error().message());
    if (!is_done()) loop_.run();
    return status_;
  }

 private:
  struct Followed {
    EventSource source;
    Watch watch;
  };

  void add(const std::string& name) {
    fail_by(with_extended_vm(context_, name, "events", [&](Client& vm) -> CallResult<> {
      Subscription events = TRY(vm.subscribe());
      EventSource source(context_, name, std::move(vm), std::move(events));
      source.print_state();
      if (source.has_exited()) return {};
      auto added = followed_.insert(followed_.end(), {std::move(source), Watch()});
      auto watch =
          loop_.watch(added->source.fd(), EPOLLIN, [this, added](uint32_t) { take_next(added); });
      if (!watch) return fail_call(CallError::Kind::kLocal, watch.error());
      added->watch = std::move(*watch);
      return {};
    }));
  }

  // A reader that goes is noticed without an event. A regular file can't be watched.
  Result<void> watch_output() {
    auto watch = loop_.watch(STDOUT_FILENO, 0, [this](uint32_t) {
      context_.output.lose(EPIPE);
      loop_.stop();
    });
    if (!watch && watch.error().code() != EPERM) return tl::unexpected(watch.error());
    if (watch) output_ = std::move(*watch);
    return {};
  }

  void take_next(std::list<Followed>::iterator each) {
    auto printed = each->source.print_next();
    if (!printed) {
      print_error(each->source.name() + ": " + printed.error().message());
      fail_by(kCannotConnect);
    }
    count_ += printed.value_or(0);
    if (!printed || each->source.has_exited()) followed_.erase(each);
    if (is_done()) loop_.stop();
  }

  void fail_by(ExitStatus status) {
    if (status_ == kDone) status_ = status;
  }

  bool is_done() const {
    bool is_enough = options_.count && count_ >= *options_.count;
    return followed_.empty() || is_enough || context_.output.is_lost();
  }

  const Context& context_;
  const EventsOptions& options_;
  EventLoop& loop_;
  std::list<Followed> followed_;
  Watch output_;
  uint64_t count_ = 0;
  ExitStatus status_ = kDone;
};

ExitStatus watch_events(const Context& context, const EventsOptions& options) {
  auto loop = EventLoop::create();
  if (!loop) return fail_with(kRefused, "cannot " + loop.error().message());
  // Before anything is printed: its reader may answer with a signal.
  auto signals = StopSignals::create(*loop, [&loop] { loop->stop(); });
  if (!signals) return fail_with(kRefused, "cannot " + signals.error().message());
  return EventPrinter(context, options, *loop).run();
}

}  // namespace

void add_events(Command root, const Context& context) {
  Command command = root.add_subcommand("events", "Print what happens to VMs, until they exit");
  auto options = std::make_shared<EventsOptions>();
  command.add_argument("VM", options->vms, "Names or socket paths");
  command.add_option("--count N", options->count, "End after N events");
  command.on_run([options, &context] { return watch_events(context, *options); });
}

}  // namespace vm_control::vmctl
