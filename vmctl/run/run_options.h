// SPDX-License-Identifier: BSD-3-Clause
// The options of vmctl run: how the command line has them, and how VmHost takes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm_control/base/result.h"
#include "vmctl/cli/command_line.h"
#include "vmctl/run/boot_files.h"
#include "vmhost/vm_host.h"
#include "vmm/machine/boot.h"

namespace vm_control::vmctl {

struct RunOptions {
  std::string name;
  std::vector<std::string> sockets;
  std::string kernel;
  std::string initrd;
  std::string command_line;
  std::string more_of_command_line;
  std::string memory;
  bool huge_pages = false;
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

// Converts the options, all but the log and the guest, which the caller sets. Makes the runtime
// directory if the VM has a name. Errors: EINVAL, ERANGE (an option makes no sense), and as
// make_runtime_directory() says.
Result<vmhost::VmHost::Options> vm_options(const RunOptions& options);

// The files of a Linux guest.
struct LinuxFiles {
  BootFile kernel;
  BootFile initrd;
};

// Reads the files that `options` name; there is a kernel. Errors: those of BootFile::read().
Result<LinuxFiles> read_linux_files(const RunOptions& options);

// The guest that `options` ask for. It refers to `files`.
vmm::LinuxGuest linux_guest(const RunOptions& options, const LinuxFiles& files);

}  // namespace vm_control::vmctl
