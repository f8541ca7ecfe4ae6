// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/commands/run_options.h"

#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/device_spec.h"
#include "vmctl/cli/quota_spec.h"
#include "vmctl/cli/socket_spec.h"
#include "vmctl/cli/vm_name.h"

namespace vm_control::vmctl {
namespace {

constexpr const char* kDefaultName = "vm";

Result<std::vector<vmhost::SocketSpec>> sockets_of(const RunOptions& options) {
  std::vector<vmhost::SocketSpec> specs;
  // With sockets of its own, a VM has a name only if it is given one.
  if (options.sockets.empty() || !options.name.empty()) {
    std::string name = options.name.empty() ? kDefaultName : options.name;
    if (name.find('/') != std::string::npos) {
      return fail(EINVAL, "take as a VM's name (use --socket for a path)", "'" + name + "'");
    }
    specs.push_back({.path = TRY(socket_path(name))});
    TRY(make_runtime_directory());
  }
  for (const std::string& text : options.sockets) specs.push_back(TRY(parse_socket_spec(text)));
  return specs;
}

Result<Quotas> quotas_of(const RunOptions& options) {
  Quotas quotas;
  if (!options.session_quota.empty()) {
    quotas.session = TRY(parse_quota(options.session_quota, quotas.session));
  }
  if (!options.user_quota.empty()) {
    quotas.user = TRY(parse_quota(options.user_quota, quotas.user));
  }
  return quotas;
}

}  // namespace

Result<vmhost::VmHost::Options> vm_options(const RunOptions& options) {
  vmhost::VmHost::Options out;
  out.sockets = TRY(sockets_of(options));
  out.ram_size = TRY(parse_size(options.memory));
  out.cpus = options.cpus;
  out.serial = options.serial;
  out.gpu = options.gpu;
  out.quotas = TRY(quotas_of(options));
  for (const std::string& text : options.devices) {
    out.devices.push_back(TRY(parse_device_spec(text)));
  }
  out.sandbox = !options.no_sandbox;
  if (!options.device_memory_base.empty()) {
    out.device_memory_base = GuestAddress(TRY(parse_size(options.device_memory_base)));
  }
  if (!options.device_memory_size.empty()) {
    out.device_memory_size = TRY(parse_size(options.device_memory_size));
  }
  return out;
}

void add_run_options(CLI::App& command, RunOptions& options) {
  command.add_option("--name", options.name, "Serve as NAME (default: vm)")->type_name("NAME");
  command
      .add_option("--socket", options.sockets,
                  "Serve at PATH[,type=seqpacket|datagram][,allow=RIGHT+...][,uid=UID+...]"
                  "[,mode=OCTAL][,sealing=prefer|require] too; instead, without --name")
      ->type_name("PATH");
  command.add_option("--memory", options.memory, "RAM of the guest (128M)")->type_name("SIZE");
  command.add_option("--cpus", options.cpus, "vCPUs (1)")->type_name("N");
  command
      .add_option("--serial", options.serial,
                  "Where the serial port leads: stdio, none, file:PATH, unix:PATH (stdio)")
      ->type_name("WHERE");
  command
      .add_option("--gpu", options.gpu,
                  "What allocates GPU buffers: memfd, udmabuf, gbm, none (memfd)")
      ->type_name("NAME");
  command
      .add_option("--device-memory-base", options.device_memory_base,
                  "Guest address where device memory starts (0x80000000)")
      ->type_name("ADDR");
  command
      .add_option("--device-memory-size", options.device_memory_size,
                  "Size of device memory (up to the 32-bit hole, or at most 1T)")
      ->type_name("SIZE");
  command
      .add_option("--session-quota", options.session_quota,
                  "What each session may have: sessions, regions, events, unanswered, bytes")
      ->type_name("NAME=N,...");
  command.add_option("--user-quota", options.user_quota, "The same for all sessions of a user")
      ->type_name("NAME=N,...");
  command
      .add_option("--device", options.devices,
                  "Start COMMAND with a connection to the VM; RIGHT: lifecycle, memory, gpu, "
                  "events, balloon, observe, admin")
      ->type_name("NAME:COMMAND[,allow=RIGHT+...]");
  command.add_flag("--no-sandbox", options.no_sandbox,
                   "Leave this process its rights: for debugging");
}

}  // namespace vm_control::vmctl
