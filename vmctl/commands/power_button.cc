// SPDX-License-Identifier: BSD-3-Clause
// vmctl powerbutton VM...
#include <memory>
#include <string>
#include <vector>

#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

ExitStatus press_all(const Context& context, const std::vector<std::string>& names) {
  return for_each_vm(names, [&](const std::string& name) {
    auto press = [&](Client& vm) -> CallResult<> {
      auto pressed = vm.press_power_button();
      if (!pressed) return pressed;
      print_done(context, name + ": power button pressed", {{"vm", name}, {"pressed", true}});
      return {};
    };
    return with_extended_vm(context, name, "powerbutton", press,
                            {{EOPNOTSUPP, "it has no power button"}});
  });
}

}  // namespace

void add_power_button(Command root, const Context& context) {
  Command command = root.add_subcommand("powerbutton", "Press the power buttons of VMs");
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_argument("VM", *names, "Names or socket paths");
  command.on_run([names, &context] { return press_all(context, *names); });
}

}  // namespace vm_control::vmctl
