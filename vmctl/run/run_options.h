// SPDX-License-Identifier: BSD-3-Clause
// The options of vmctl run, as they are on the command line and as a VM takes them.
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
  std::string device_memory_base;
  std::string device_memory_size;
  std::string session_quota;
  std::string user_quota;
  std::vector<std::string> devices;
  bool no_sandbox = false;
};

// Has `command` read into `options`, which outlives it.
void add_run_options(Command command, RunOptions& options);

// What they say of the VM; its log is for the caller to set. Makes the directory of its name.
// Errors: EINVAL, ERANGE (they make no sense), what the directory of names says.
Result<vmhost::VmHost::Options> vm_options(const RunOptions& options);

}  // namespace vm_control::vmctl
