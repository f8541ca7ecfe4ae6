// SPDX-License-Identifier: BSD-3-Clause
// A device that runs as a child process, with a connection to the VM.
//
// The child finds the connection as descriptor 3, which the variable VM_CONTROL_FD names, too. Its
// standard input is empty; its standard output and error lead to the VM; no other descriptor is
// open. It leads a session and a process group of its own: it has no controlling terminal, Ctrl-C
// reaches only the VM, and what it starts ends with it, unless that leaves the group.
//
// The kernel kills the child if the thread that started it ends first, however it ends. A program
// can undo that, and one that changes its user does.
// Threads: one at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vmhost/device_child.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmhost {

class DeviceProcess {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts the command of `spec`, which PATH is searched for, as the user that it names.
  // Errors: ENOENT, EACCES, E2BIG (the program can't be run), EPERM, EINVAL (it can't be run as
  // that user), EAGAIN, ENOMEM, EMFILE.
  static Result<DeviceProcess> start(const DeviceSpec& spec, const DeviceDescriptors& descriptors);

  // Calls kill().
  ~DeviceProcess();
  DeviceProcess(DeviceProcess&& other) noexcept;
  DeviceProcess& operator=(DeviceProcess&&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& name() const { return name_; }
  // Readable once the process has ended.
  int ended_fd() const { return ended_.get(); }

  // Asks the process to end.
  void terminate();

  // Kills the process if it still runs, and waits at most a second for its end.
  void kill();

  // Waits for the end of the process until `deadline`. Returns whether it has ended.
  bool wait_until_ended(Clock::time_point deadline) const;

  // Returns how the process ended, once: "exited with status 3", "was killed by signal 9 (Killed)".
  // Returns nothing while it runs, and in later calls.
  std::optional<std::string> take_ending();

 private:
  DeviceProcess(std::string name, pid_t pid, UniqueFd ended)
      : name_(std::move(name)), pid_(pid), ended_(std::move(ended)) {}

  std::string name_;
  pid_t pid_ = 0;  // 0 once it was reaped
  UniqueFd ended_;
};

}  // namespace vm_control::vmhost
