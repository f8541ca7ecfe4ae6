// SPDX-License-Identifier: BSD-3-Clause
// A counter in the kernel that one side signals and another waits for: eventfd(2).
//
// Doorbells (ioeventfd) and interrupts (irqfd) of a VM are made of these.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class EventFd {
 public:
  // Creates one that is not signalled, close-on-exec and non-blocking. Errors: EMFILE, ENFILE,
  // ENOMEM.
  static Result<EventFd> create();

  // Adopts a descriptor that is known to be an eventfd.
  explicit EventFd(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }

  // A second owner of the same counter. Errors: EMFILE.
  Result<EventFd> duplicate() const;

  // Adds one to the counter; any thread. A counter at its maximum stays there: it is signalled.
  void signal();

  // Returns the counter and resets it to 0. 0 means that nobody signalled.
  uint64_t take();

 private:
  UniqueFd fd_;
};

}  // namespace vm_control
