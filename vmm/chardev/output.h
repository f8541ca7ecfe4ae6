// SPDX-License-Identifier: BSD-3-Clause
// Writes to a descriptor from a vCPU thread, and stops waiting when the VM stops.
//
// A terminal can block a write even after it polled as writable. The signal that kicks a vCPU out
// of its run ends such a write, too, if close() came first. The process must ignore SIGPIPE.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vmm/chardev/lost_output.h"

namespace vm_control::vmm {

class Output {
 public:
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<Output> create();

  // Writes all of `bytes` to `fd`, and waits for its reader. Counts as lost what can't be written,
  // but not what is left at close().
  void write(int fd, std::span<const std::byte> bytes);

  // Ends every wait, now and from now on; any thread.
  void close() { closing_.signal(); }

  LostOutput& lost() { return *lost_; }

 private:
  Output(EventFd closing, std::unique_ptr<LostOutput> lost)
      : closing_(std::move(closing)), lost_(std::move(lost)) {}

  bool wait_until_ready(int fd) const;

  EventFd closing_;
  std::unique_ptr<LostOutput> lost_;
};

}  // namespace vm_control::vmm
