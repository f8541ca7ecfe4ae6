// SPDX-License-Identifier: BSD-3-Clause
// A Linux guest under `vmctl run`, whose shell a test uses.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "tests/command_line/test_vmctl.h"

namespace vm_control {

// Skips its tests where there is no guest, or no KVM that runs 64-bit guests.
class LinuxTest : public VmctlTest {
 protected:
  static constexpr uint64_t kMiB = uint64_t{1} << 20;

  void SetUp() override;

  // Boots the guest as VM `linux`, and waits for its prompt. Returns whether it came.
  bool boot(Arguments options) { return begin_boot(std::move(options)) && is_up(); }
  // The two halves: waits until the VM is served, which its guest is not up for yet; until it is.
  bool begin_boot(Arguments options);
  bool is_up() { return vm_->writes("guest# "); }

  // Types `command` to the guest's shell, and returns what that prints.
  std::string guest(const std::string& command);
  // The same, for a command that prints one number.
  uint64_t number(const std::string& command);

  // The process that has the VM.
  pid_t pid() const { return pid_; }

  std::unique_ptr<Process> vm_;

 private:
  std::string guest_directory_;
  pid_t pid_ = -1;
  uint64_t commands_ = 0;
};

}  // namespace vm_control
