// SPDX-License-Identifier: BSD-3-Clause
// vmctl as a process, with a runtime directory of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/command_line/test_json.h"
#include "tests/command_line/test_process.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class VmctlTest : public testing::Test {
 protected:
  using Arguments = std::vector<std::string>;

  VmctlTest();
  ~VmctlTest() override;

  // A path in the test's directory.
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  // Where the VM `name` is served.
  std::string socket_of(const std::string& name) const {
    return path("vm_control/" + name + ".sock");
  }

  // The path of vmctl: that of the same build, unless the environment variable VM_CONTROL_VMCTL
  // names another.
  static std::string program();

  // Starts vmctl.
  static std::unique_ptr<Process> start(const Arguments& arguments,
                                        Process::Stdio stdio = Process::Stdio::kPipes);

  // Starts a shell that runs `script`, in which $vmctl is the path of vmctl.
  static std::unique_ptr<Process> start_shell(const std::string& script,
                                              Process::Stdio stdio = Process::Stdio::kPipes);

  // Runs vmctl to its end.
  static Process::Result vmctl(const Arguments& arguments,
                               Process::Stdio stdio = Process::Stdio::kPipes);

  // Runs vmctl with --json, and returns the objects that it prints, one a line. A line that is not
  // an object fails the test, as does an exit status other than 0.
  static std::vector<Json> json(Arguments arguments);

  TestDirectory temporary_;
  std::string directory_ = temporary_.path();
};

// Skips the test where there is no KVM to run VMs with.
class VmctlRunTest : public VmctlTest {
 protected:
  void SetUp() override;

  // Starts a VM, with 4 MiB of RAM if the options don't say, and waits until it is served.
  static std::unique_ptr<Process> run(Arguments options,
                                      Process::Stdio stdio = Process::Stdio::kPipes);
};

// Whether vmctl ended with `status`, said `message` on standard error, and printed no result.
testing::AssertionResult failed_with(const Process::Result& result, int status,
                                     const std::string& message);

// The bytes of private memory that the host keeps for a process: of a VM, its guest's RAM above
// all.
uint64_t resident_bytes(pid_t pid);

bool exists(const std::string& path);
mode_t mode_of(const std::string& path);

// The content of a file; empty if it can't be read.
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);

// Makes a FIFO at `path` from which nobody reads, and which is full. The result is open for reading
// and writing, and does not wait.
UniqueFd make_full_fifo(const std::string& path);

}  // namespace vm_control
