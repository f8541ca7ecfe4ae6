// SPDX-License-Identifier: BSD-3-Clause
// vmctl balloon VM SIZE
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "vm_control/base/page.h"
#include "vmctl/cli/balloon_room.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/balloon.h"

namespace vm_control::vmctl {
namespace {

const Refusals& balloon_refusals() {
  static const Refusals all{{ENOTCONN, "its guest has no balloon driver"},
                            {EAGAIN, "the guest is behind; try later"},
                            {EOPNOTSUPP, "it is of a version that only knows +SIZE and -SIZE"}};
  return all;
}

// Changes one balloon, unless there is a reason not to.
class BalloonChanger {
 public:
  BalloonChanger(const Context& context, const BalloonOptions& options, const BalloonChange& change)
      : context_(context), options_(options), change_(change) {}

  CallResult<> run(Client& vm) {
    failure_ = TRY(find_obstacle(vm));
    if (!failure_.empty()) return {};
    TRY(change_.target_bytes ? vm.set_balloon(*change_.target_bytes)
                             : vm.adjust_balloon(change_.pages));
    bool is_told = (options_.wait && context_.json) || print_change(vm);
    return options_.wait && is_told ? wait(vm) : CallResult<>();
  }

  // Tells what went wrong although the VM refused nothing; else empty.
  const std::string& failure() const { return failure_; }

 private:
  // A VM that speaks only the classic protocol is asked for what it knows.
  CallResult<std::string> find_obstacle(Client& vm) const {
    bool is_extended = change_.target_bytes || options_.wait;
    bool may_starve = !options_.force && (change_.target_bytes || change_.pages > 0);
    if (!is_extended && !may_starve) return "";
    if (TRY(protocol_of(vm, context_.hello_timeout())) == Protocol::kClassic) {
      return is_extended ? "=SIZE and --wait need the extended protocol, and this VM speaks only "
                           "the classic one"
                         : "";
    }
    return may_starve ? why_it_starves(vm, change_) : std::string();
  }

  bool print_change(Client& vm) const {
    if (change_.target_bytes) {
      uint64_t target = target_now(vm);
      return print_done(context_, "balloon target set to " + format_rough_size(target),
                        {{"vm", options_.vm}, {"target_bytes", target}});
    }
    return print_done(
        context_,
        fmt::format("balloon target {} by {} pages", change_.pages < 0 ? "lowered" : "raised",
                    std::abs(change_.pages)),
        {{"vm", options_.vm}, {"pages", change_.pages}});
  }

  // The target stops at the size of RAM. A VM that does not tell is believed to have that much.
  uint64_t target_now(Client& vm) const {
    auto status = vm.balloon_status();
    bool is_known = status && status->state != BalloonState::kUnknown;
    return is_known ? status->target_bytes : *change_.target_bytes;
  }

  CallResult<> wait(Client& vm) {
    BalloonStatus status = TRY(wait_for_balloon(vm));
    if (status.state != BalloonState::kIdle) failure_ = why_it_ended(status);
    if (!failure_.empty() && !context_.json) return {};
    print_done(context_, "balloon is at " + format_rough_size(status.actual_bytes),
               {{"vm", options_.vm},
                {"state", to_string(status.state)},
                {"target_bytes", status.target_bytes},
                {"actual_bytes", status.actual_bytes}});
    return {};
  }

  static std::string why_it_ended(const BalloonStatus& status) {
    switch (status.state) {
      case BalloonState::kStuck:
        return fmt::format("the guest is stuck: its balloon is at {} of {}, no nearer for {}",
                           format_rough_size(status.actual_bytes),
                           format_rough_size(status.target_bytes),
                           format_uptime(std::chrono::milliseconds(status.age_ms)));
      case BalloonState::kUnknown:
        return "its balloon does not tell how far the guest is";
      default:
        return fmt::format("its guest's balloon driver has gone: the balloon is {}",
                           to_string(status.state));
    }
  }

  const Context& context_;
  const BalloonOptions& options_;
  const BalloonChange& change_;
  std::string failure_;
};

}  // namespace

ExitStatus change_balloon(const Context& context, const BalloonOptions& options) {
  auto change = parse_balloon_change(options.size, options.in_pages);
  if (!change) return fail_with_usage(change.error());
  BalloonChanger changer(context, options, *change);
  ExitStatus status = with_vm(
      context, options.vm, [&](Client& vm) { return changer.run(vm); }, balloon_refusals());
  if (status != kDone || changer.failure().empty()) return status;
  return fail_with(kRefused, options.vm + ": " + changer.failure());
}

CallResult<std::string> why_it_starves(Client& vm, const BalloonChange& change) {
  auto status = TRY(unless_refused(vm.balloon_status()));
  auto stats = TRY(unless_refused(vm.balloon_stats()));
  if (!status || !stats) return "";
  auto step = static_cast<uint64_t>(change.pages) * kPageSize;
  uint64_t target = change.target_bytes.value_or(status->target_bytes + step);
  uint64_t more = target - std::min(target, status->actual_bytes);
  auto room = balloon_room(*stats);
  if (!room || more <= *room) return "";
  return fmt::format(
      "that would starve the guest: it would give {} more, and can spare {} (--force: all the "
      "same)",
      format_rough_size(more), format_rough_size(*room));
}

}  // namespace vm_control::vmctl
