// SPDX-License-Identifier: BSD-3-Clause
// vmctl stop VM...
#include <memory>
#include <string>
#include <vector>

#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

CallResult<> stop(Client& vm) {
  auto accepted = vm.exit();
  if (!accepted) return accepted;
  return vm.wait_until_closed();
}

ExitStatus stop_all(const Context& context, const std::vector<std::string>& names) {
  return for_each_vm(names, [&](const std::string& name) {
    ExitStatus status = with_vm(context, name, stop);
    if (status == kDone) {
      print_result(context, name + ": stopped", {{"vm", name}, {"stopped", true}});
    }
    return status;
  });
}

}  // namespace

void add_stop(Command root, const Context& context) {
  Command command = root.add_subcommand("stop", "Stop VMs, and wait until they are gone");
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_argument("VM", *names, "Names or socket paths");
  command.on_run([names, &context] { return stop_all(context, *names); });
}

}  // namespace vm_control::vmctl
