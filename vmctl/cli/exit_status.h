// SPDX-License-Identifier: BSD-3-Clause
// The exit statuses of vmctl, which scripts rely on.
#pragma once

namespace vm_control::vmctl {

enum ExitStatus : int {
  kDone = 0,
  kRefused = 1,  // the VM refused, vmctl run could not start or run its machine, or the result
                 // could not be written
  kUsage = 2,    // the command line makes no sense, or names a file that can't be used
  kCannotConnect = 3,  // no VM answers there, or the connection was lost
  kTimedOut = 4,       // the VM did not answer in time
  // vmctl run, about its guest:
  kGuestReset = 5,     // it reset the machine, as it does to reboot
  kGuestPanicked = 6,  // its kernel panicked
  kGuestCrashed = 7,   // its CPU had a triple fault
};

}  // namespace vm_control::vmctl
