// SPDX-License-Identifier: BSD-3-Clause
// A device that is a process of its own: a child, with a connection to the VM and nothing else.
//
// It finds the connection as its descriptor 3, which the variable VM_CONTROL_FD says too. Its
// standard input is empty; its standard output and error are the VM's; no other descriptor is open.
// It leads a process group, so that Ctrl-C is for the VM, and its own children end with it.
// Threads: one at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

class DeviceProcess {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts the command of `spec`, which is looked for in PATH. `connection` stays the caller's.
  // Errors: ENOENT, EACCES, ENOEXEC (there is no such program), EAGAIN, ENOMEM, EMFILE.
  static Result<DeviceProcess> start(const DeviceSpec& spec, int connection);

  // As kill().
  ~DeviceProcess();
  DeviceProcess(DeviceProcess&& other) noexcept;
  DeviceProcess& operator=(DeviceProcess&&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& name() const { return name_; }
  // Readable once it has ended.
  int ended_fd() const { return ended_.get(); }

  // Asks it to end; it may take its time.
  void terminate();

  // Kills it, if it still runs, and waits a second at most until it has gone.
  void kill();

  // Waits until it has ended, at most until `deadline`; returns whether it has.
  bool wait_until_ended(Clock::time_point deadline) const;

  // How it ended: "exited with status 3", "was killed by signal 9 (Killed)". Nothing while it runs,
  // or if that was told before.
  std::optional<std::string> take_ending();

 private:
  DeviceProcess(std::string name, pid_t pid, UniqueFd ended)
      : name_(std::move(name)), pid_(pid), ended_(std::move(ended)) {}

  std::string name_;
  pid_t pid_ = 0;  // 0 once it was reaped
  UniqueFd ended_;
};

}  // namespace vm_control::vmhost
