// SPDX-License-Identifier: BSD-3-Clause
// Landlock: rules for files, TCP and Unix sockets that a thread puts on itself.
//
// Source: Documentation/userspace-api/landlock.rst of Linux.
#pragma once

#include "vm_control/base/result.h"
#include "vmhost/sandbox/sandbox.h"

namespace vm_control::vmhost {

// The ABI of the kernel's Landlock; 0 if the kernel has none or has switched it off.
int landlock_abi();

// Denies the calling thread, and those that it starts later, everything that `abi` can deny except
// what `rules` keep. The thread must have no_new_privs.
Result<void> enter_landlock(int abi, const ProcessRules& rules);

}  // namespace vm_control::vmhost
