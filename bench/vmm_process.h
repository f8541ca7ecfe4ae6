// SPDX-License-Identifier: BSD-3-Clause
// A VMM that is started to be measured. It stops where it is about to run its guest.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/memory_usage.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::bench {

class VmmProcess {
 public:
  using Time = std::chrono::nanoseconds;

  // Starts `command`, a program (found by PATH) and its arguments, with /dev/null for its standard
  // input and output. Errors: those of fork(2), seccomp(2), open(2) and pidfd_open(2).
  static Result<VmmProcess> start(std::vector<std::string> command);

  VmmProcess(VmmProcess&& other) noexcept;
  VmmProcess& operator=(VmmProcess&&) = delete;
  // Ends the process by SIGTERM, so that it can clean up, or at last by SIGKILL.
  ~VmmProcess();

  pid_t pid() const { return pid_; }

  // Waits until the first of its vCPUs enters KVM_RUN, and keeps that vCPU there.
  // Errors: ECHILD (the process ended before), ETIMEDOUT (a minute between two calls of KVM).
  Result<void> wait_for_guest();

  // Waits until its threads, other than the vCPU, have nothing more to do. Errors: ETIMEDOUT.
  Result<void> wait_for_rest();

  // The CPU time that all its threads have taken since it was started, in user and kernel mode. The
  // time until exec(2) is not in it. Errors: ESRCH.
  Result<Time> cpu_time() const;

  // Errors: those of reading /proc.
  Result<MemoryUsage> memory() const;

 private:
  struct Call {
    uint64_t id;
    uint64_t request;
    uint64_t argument;
  };

  VmmProcess(pid_t pid, UniqueFd calls, UniqueFd end, Time before)
      : pid_(pid), calls_(std::move(calls)), end_(std::move(end)), before_(before) {}

  Result<Call> next_call();
  Result<void> note_slot(uint64_t address);
  Result<void> let_go_on(uint64_t id);
  bool has_ended_within(std::chrono::milliseconds patience);

  pid_t pid_;
  UniqueFd calls_;
  UniqueFd end_;                      // readable when the process has ended
  Time before_;                       // CPU time at the call of exec(2)
  std::optional<uint64_t> entering_;  // the vCPU's call, while it waits
  std::map<uint32_t, HostRange> slots_;
};

}  // namespace vm_control::bench
