// SPDX-License-Identifier: BSD-3-Clause
// The options of vmctl run: how the command line has them, and how VmHost takes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm_control/base/result.h"
#include "vmctl/cli/command_line.h"
#include "vmhost/vm_host.h"

namespace vm_control::vmctl {

struct RunOptions {
  std::string name;
  std::vector<std::string> sockets;
  std::string memory = "128M";
  uint32_t cpus = 1;
  std::string serial = "stdio";
  std::string gpu = "memfd";
  std::string device_memory = "window";
  std::string device_memory_base;
  std::string device_memory_size;
  std::string session_quota;
  std::string user_quota;
  std::vector<std::string> devices;
  bool no_sandbox = false;
};

// Adds the options to `command`, bound to `options`.
void add_run_options(Command command, RunOptions& options);

// Converts the options, all but the log, which the caller sets. Makes the runtime directory if the
// VM has a name. Errors: EINVAL, ERANGE (an option makes no sense), and as make_runtime_directory()
// says.
Result<vmhost::VmHost::Options> vm_options(const RunOptions& options);

}  // namespace vm_control::vmctl
