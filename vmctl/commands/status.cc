// SPDX-License-Identifier: BSD-3-Clause
// vmctl status [VM...]
#include <memory>
#include <string>
#include <vector>

#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/table.h"
#include "vmctl/cli/vm.h"
#include "vmctl/cli/vm_name.h"
#include "vmctl/commands/commands.h"
#include "vmctl/commands/list.h"

namespace vm_control::vmctl {
namespace {

Table::Row row_of(const std::string& name, const VmStatus& status) {
  return {name,
          to_string(status.state),
          std::to_string(status.vcpus),
          format_size(status.ram_bytes),
          std::to_string(status.regions),
          std::to_string(status.sessions),
          format_uptime(std::chrono::nanoseconds(status.uptime_ns)),
          std::to_string(status.pid)};
}

JsonObject json_of(const std::string& name, const std::string& socket, const VmStatus& status) {
  return {{"vm", name},
          {"state", to_string(status.state)},
          {"vcpus", status.vcpus},
          {"ram_bytes", status.ram_bytes},
          {"regions", status.regions},
          {"sessions", status.sessions},
          {"uptime_ns", status.uptime_ns},
          {"pid", status.pid},
          {"socket", socket}};
}

ExitStatus show_status(const Context& context, const std::vector<std::string>& names) {
  Table table;
  ExitStatus outcome = for_each_vm(names, [&](const std::string& name) {
    return with_extended_vm(context, name, "status", [&](Client& vm) -> CallResult<> {
      VmStatus status = TRY(vm.status());
      if (context.json) print_result(context, "", json_of(name, *socket_path(name), status));
      if (table.empty()) {
        table.add({"VM", "STATE", "VCPUS", "RAM", "REGIONS", "SESSIONS", "UPTIME", "PID"});
      }
      table.add(row_of(name, status));
      return {};
    });
  });
  if (!context.json && !table.empty()) print_text(context, table.to_string());
  return outcome;
}

// The VMs that are named, or else all of this user.
ExitStatus show_status_of(const Context& context, const std::vector<std::string>& names) {
  if (!names.empty()) return show_status(context, names);
  auto all = all_vms();
  if (!all) return fail_with_usage(all.error());
  if (all->empty() && !context.json) print_text(context, no_vms());
  return show_status(context, *all);
}

}  // namespace

void add_status(Command root, const Context& context) {
  Command command =
      root.add_subcommand("status", "Show the state of VMs: of all, if none is named");
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_optional_argument("VM", *names, "Names or socket paths");
  command.on_run([names, &context] { return show_status_of(context, *names); });
}

}  // namespace vm_control::vmctl
