// SPDX-License-Identifier: BSD-3-Clause
// vmctl list
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "vm_control/base/printable.h"
#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/table.h"
#include "vmctl/cli/vm.h"
#include "vmctl/cli/vm_name.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sockets_in(const std::string& directory) {
  std::vector<fs::path> sockets;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none)) {
    if (entry.is_socket(none) && entry.path().extension() == ".sock") {
      sockets.push_back(entry.path());
    }
  }
  std::ranges::sort(sockets);
  return sockets;
}

struct Listed {
  std::string state;
  std::optional<VmStatus> status;  // if the VM tells it
};

Listed describe(const Error& not_connected) {
  switch (not_connected.code()) {
    case ECONNREFUSED:
      return {.state = "gone"};
    case EAGAIN:
      return {.state = "silent"};
    default:
      return {.state = errno_name(not_connected.code())};
  }
}

CallResult<std::optional<VmStatus>> ask_status(Client& vm, std::chrono::milliseconds patience) {
  if (TRY(protocol_of(vm, patience)) == Protocol::kClassic) return std::nullopt;
  return TRY(vm.status());
}

// Finds out about one VM. A VM that accepts the connection is running, also if it tells no more.
Listed look_at(const std::string& path, std::chrono::milliseconds timeout) {
  // There are four waits: to connect, for up to two answers about the protocol, and for the status.
  std::chrono::milliseconds patience = std::max(timeout / 4, std::chrono::milliseconds(1));
  auto end = std::chrono::steady_clock::now() + timeout;
  auto vm = Client::connect(path, patience);
  if (!vm) return describe(vm.error());
  vm->finish_by(end);
  auto status = ask_status(*vm, patience);
  if (status && *status) return {.state = to_string((*status)->state), .status = *status};
  bool is_silent = !status && status.error().kind == CallError::Kind::kTimedOut;
  return {.state = is_silent ? "silent" : "running"};
}

// Asks all of them at once, so that the deadlines of those that don't answer pass together.
std::vector<Listed> look_at_all(const std::vector<fs::path>& sockets,
                                std::chrono::milliseconds timeout) {
  std::vector<Listed> all(sockets.size());
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < sockets.size(); ++i) {
    threads.emplace_back([&, i] { all[i] = look_at(sockets[i].string(), timeout); });
  }
  threads.clear();  // waits for them
  return all;
}

Table::Row row_of(const fs::path& socket, const Listed& vm) {
  auto uptime = std::chrono::nanoseconds(vm.status ? vm.status->uptime_ns : 0);
  // The columns have a fixed width where possible, so that two lists can be compared.
  return {fmt::format("{:<12}", printable(socket.stem().string())), fmt::format("{:<7}", vm.state),
          fmt::format("{:<7}", vm.status ? format_size(vm.status->ram_bytes) : "-"),
          fmt::format("{:<6}", vm.status ? format_uptime(uptime) : "-"),
          printable(socket.string())};
}

JsonObject json_of(const fs::path& socket, const Listed& vm) {
  return {{"vm", socket.stem().string()},
          {"state", vm.state},
          {"ram_bytes", vm.status ? JsonValue(vm.status->ram_bytes) : JsonValue()},
          {"uptime_ns", vm.status ? JsonValue(vm.status->uptime_ns) : JsonValue()},
          {"socket", socket.string()}};
}

ExitStatus list(const Context& context) {
  auto directory = runtime_directory();
  if (!directory) return fail_with_usage(directory.error());
  auto sockets = sockets_in(*directory);
  auto vms = look_at_all(sockets, context.timeout);
  Table table;
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (context.json) print_result(context, "", json_of(sockets[i], vms[i]));
    table.add(row_of(sockets[i], vms[i]));
  }
  if (context.json) return kDone;
  print_line(table.empty() ? "no VMs in " + *directory + " ('vmctl run' starts one)"
                           : table.to_string());
  return kDone;
}

}  // namespace

void add_list(Command root, const Context& context) {
  Command command = root.add_subcommand("list", "Show the VMs of this user");
  command.on_run([&context] { return list(context); });
}

}  // namespace vm_control::vmctl
