// SPDX-License-Identifier: BSD-3-Clause
// vmctl stop VM...
#include <memory>
#include <string>
#include <vector>

#include "vmctl/report.h"
#include "vmctl/vm.h"

namespace vm_control::vmctl {
namespace {

CallResult<> stop(Client& vm) {
  auto accepted = vm.exit();
  if (!accepted) return accepted;
  return vm.wait_until_closed();
}

// Stops each VM, whatever became of the others. The first failure decides how vmctl ends.
ExitStatus stop_all(const Context& context, const std::vector<std::string>& names) {
  ExitStatus status = kDone;
  for (const std::string& name : names) {
    ExitStatus each = with_vm(context, name, stop);
    if (each == kDone) print_result(context, name + ": stopped", {{"vm", name}, {"stopped", true}});
    if (status == kDone) status = each;
  }
  return status;
}

}  // namespace

void add_stop(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("stop", "Stop VMs, and wait until they are gone");
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("VM", *names, "Names or socket paths")->required();
  command->callback(
      [names, &context] { context.run = [names, &context] { return stop_all(context, *names); }; });
}

}  // namespace vm_control::vmctl
