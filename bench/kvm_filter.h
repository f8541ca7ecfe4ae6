// SPDX-License-Identifier: BSD-3-Clause
// Finds the two moments in the start of a VMM that its measurement needs, whichever VMM it is.
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control::bench {

// Makes the kernel stop this thread, and all threads and processes that it starts, in front of two
// ioctls: KVM_SET_USER_MEMORY_REGION, which says where the guest's memory is, and KVM_RUN. Whoever
// has the returned descriptor hears of each call and lets it go on: seccomp_unotify(2). Without it
// the two calls fail. This thread gives up new privileges.
//
// Errors: EBUSY (there is such a filter already), ENOSYS, ENOMEM.
Result<UniqueFd> stop_at_kvm_calls();

}  // namespace vm_control::bench
