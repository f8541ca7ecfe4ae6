// SPDX-License-Identifier: BSD-3-Clause
// One ioctl on one of KVM's descriptors, as a Result.
#pragma once

#include <sys/ioctl.h>

#include <string>
#include <utility>

#include "vm_control/base/result.h"

namespace vm_control::kvm {

// Calls again while the call fails with EINTR: creating a VM or a vCPU does if a signal is pending.
// argument  an integer, a pointer, or nothing.
template <class Argument = unsigned long>
int ioctl_through_signals(int fd, unsigned long request, Argument argument = {}) {
  int result;
  do {
    result = ioctl(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  return result;
}

// The same for a request that returns nothing but success.
template <class Argument = unsigned long>
Result<void> control(int fd, unsigned long request, Argument argument, const char* action,
                     std::string object = {}) {
  if (ioctl_through_signals(fd, request, argument) < 0) {
    return fail_errno(action, std::move(object));
  }
  return {};
}

}  // namespace vm_control::kvm
