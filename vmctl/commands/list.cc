// SPDX-License-Identifier: BSD-3-Clause
// vmctl list
#include "vmctl/commands/list.h"

#include <fmt/core.h>

#include <filesystem>

#include "vm_control/base/printable.h"
#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/runtime_directory.h"
#include "vmctl/cli/survey.h"
#include "vmctl/cli/table.h"
#include "vmctl/cli/vm_name.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

namespace fs = std::filesystem;

Table::Row row_of(const fs::path& socket, const Surveyed& vm) {
  auto uptime = std::chrono::nanoseconds(vm.status ? vm.status->uptime_ns : 0);
  // The columns have a fixed width where possible, so that two lists can be compared.
  return {fmt::format("{:<12}", printable(socket.stem().string())),
          fmt::format("{:<7}", vm.state),
          fmt::format("{:<7}", vm.status ? format_size(vm.status->ram_bytes) : "-"),
          fmt::format("{:<6}", vm.status ? format_uptime(uptime) : "-"),
          fmt::format("{:<7}", vm.pid ? std::to_string(*vm.pid) : "-"),
          printable(socket.string())};
}

JsonObject json_of(const fs::path& socket, const Surveyed& vm) {
  return {{"vm", socket.stem().string()},
          {"state", vm.state},
          {"ram_bytes", vm.status ? JsonValue(vm.status->ram_bytes) : JsonValue()},
          {"uptime_ns", vm.status ? JsonValue(vm.status->uptime_ns) : JsonValue()},
          {"pid", vm.pid ? JsonValue(*vm.pid) : JsonValue()},
          {"socket", socket.string()}};
}

ExitStatus list(const Context& context) {
  auto sockets = sockets_of_vms();
  if (!sockets) return fail_with_usage(sockets.error());
  auto vms = survey(*sockets, context.timeout);
  Table table;
  for (size_t i = 0; i < sockets->size(); ++i) {
    if (context.json) print_result(context, "", json_of((*sockets)[i], vms[i]));
    if (i == 0) table.add({"VM", "STATE", "RAM", "UPTIME", "PID", "SOCKET"});
    table.add(row_of((*sockets)[i], vms[i]));
  }
  if (context.json) return kDone;
  print_text(context, table.empty() ? no_vms() : table.to_string());
  return kDone;
}

}  // namespace

Result<std::vector<std::string>> all_vms() {
  std::vector<std::string> names;
  for (const fs::path& socket : TRY(sockets_of_vms())) {
    std::string name = socket.stem().string();
    names.push_back(socket_path(name) ? name : socket.string());
  }
  return names;
}

std::string no_vms() {
  return "no VMs in " + *runtime_directory() + " ('vmctl run' starts one)";
}

void add_list(Command root, const Context& context) {
  Command command = root.add_subcommand("list", "Show the VMs of this user");
  command.on_run([&context] { return list(context); });
}

}  // namespace vm_control::vmctl
