// SPDX-License-Identifier: BSD-3-Clause
// Landlock: rules that a thread puts on itself, for files, TCP and Unix sockets.
//
// Source: Documentation/userspace-api/landlock.rst of Linux.
#pragma once

#include "vm_control/base/result.h"
#include "vmhost/sandbox/sandbox.h"

namespace vm_control::vmhost {

// The version of the kernel's Landlock; 0 if it has none, or it is switched off.
int landlock_abi();

// Denies the calling thread, and those that it starts later, all that `abi` can deny, but for
// what `rules` need. Needs no_new_privs.
Result<void> enter_landlock(int abi, const ProcessRules& rules);

}  // namespace vm_control::vmhost
