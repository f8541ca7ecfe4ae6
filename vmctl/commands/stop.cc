// SPDX-License-Identifier: BSD-3-Clause
// vmctl stop VM...
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm_control/base/try.h"
#include "vm_control/client/wait_readable.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

using std::chrono::steady_clock;

struct StopOptions {
  std::vector<std::string> vms;
  std::optional<std::chrono::milliseconds> graceful;  // how long guests may take to shut down
};

enum class End { kStopped, kShutDown };

CallResult<End> stop(Client& vm) {
  TRY(vm.exit());
  TRY(vm.wait_until_closed());
  return End::kStopped;
}

// Whether the button was pressed; a machine may have none, and so has a server of 2018.
CallResult<bool> press_power_button(const Context& context, Client& vm) {
  if (TRY(protocol_of(vm, context.hello_timeout())) == Protocol::kClassic) return false;
  auto pressed = vm.press_power_button();
  if (pressed) return true;
  bool has_none = pressed.error().kind == CallError::Kind::kRefused &&
                  pressed.error().error.code() == EOPNOTSUPP;
  if (has_none) return false;
  return tl::unexpected(pressed.error());
}

// Lets the guest shut down, and stops the VM if that does not happen.
class GracefulStop {
 public:
  GracefulStop(const Context& context, const std::string& name, std::chrono::milliseconds patience)
      : context_(context), name_(name), patience_(patience) {}

  CallResult<End> run(Client& vm) const {
    if (!TRY(press_power_button(context_, vm))) {
      print_error(name_ + ": has no power button, so it is stopped at once");
      return stop(vm);
    }
    bool is_over = wait_readable(vm.fd(), patience_);
    vm.finish_by(steady_clock::now() + context_.timeout);
    if (is_over) {
      TRY(vm.wait_until_closed());
      return End::kShutDown;
    }
    print_error(fmt::format("{}: its guest has not shut down within {}, so it is stopped", name_,
                            format_uptime(patience_)));
    auto end = stop(vm);
    // Over datagrams, nothing else tells that a VM has gone.
    bool has_gone = !end && end.error().kind == CallError::Kind::kDisconnected;
    return has_gone ? End::kShutDown : end;
  }

 private:
  const Context& context_;
  const std::string& name_;
  std::chrono::milliseconds patience_;
};

void print_end(const Context& context, const std::string& name, const StopOptions& options,
               End end) {
  bool is_graceful = end == End::kShutDown;
  JsonObject json{{"vm", name}, {"stopped", true}};
  if (options.graceful) json.add({"graceful", is_graceful});
  print_done(context, name + (is_graceful ? ": shut down" : ": stopped"), json);
}

ExitStatus stop_all(const Context& context, const StopOptions& options) {
  return for_each_vm(options.vms, [&](const std::string& name) {
    return with_vm(context, name, [&](Client& vm) -> CallResult<> {
      print_end(context, name, options,
                TRY(options.graceful ? GracefulStop(context, name, *options.graceful).run(vm)
                                     : stop(vm)));
      return {};
    });
  });
}

}  // namespace

void add_stop(Command root, const Context& context) {
  Command command = root.add_subcommand("stop", "Stop VMs, and wait until they are gone");
  auto options = std::make_shared<StopOptions>();
  command.add_argument("VM", options->vms, "Names or socket paths");
  command.add_timeout_flag("--graceful{30} [=SECONDS]", options->graceful,
                           "Press the power button first, and give the guest 30 seconds, or as "
                           "many as this says, to shut down");
  command.on_run([options, &context] { return stop_all(context, *options); });
}

}  // namespace vm_control::vmctl
