// SPDX-License-Identifier: BSD-3-Clause
// vmctl list
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "vm_control/transport/socket.h"
#include "vmctl/report.h"
#include "vmctl/vm_name.h"

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
  std::sort(sockets.begin(), sockets.end());
  return sockets;
}

std::string state_of(const std::string& path, std::chrono::milliseconds timeout) {
  auto connection = connect_socket(path, SocketType::kSeqpacket, timeout);
  // EPROTOTYPE: it serves datagrams.
  if (connection || connection.error().code() == EPROTOTYPE) return "running";
  return connection.error().code() == ECONNREFUSED ? "gone" : errno_name(connection.error().code());
}

ExitStatus list(const Context& context) {
  auto directory = runtime_directory();
  if (!directory) return fail_with_usage(directory.error());
  auto sockets = sockets_in(*directory);
  if (sockets.empty() && !context.json) {
    fmt::print("no VMs in {} ('vmctl run' starts one)\n", *directory);
  }
  for (const fs::path& socket : sockets) {
    std::string name = socket.stem();
    std::string state = state_of(socket, context.timeout());
    print_result(context, fmt::format("{:<20} {:<8} {}", name, state, socket.string()),
                 {{"vm", name}, {"state", state}, {"socket", socket.string()}});
  }
  return kDone;
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("list", "Show the VMs of this user");
  command->callback([&context] { context.run = [&context] { return list(context); }; });
}

}  // namespace vm_control::vmctl
