// SPDX-License-Identifier: BSD-3-Clause
// The room that the limits of this process leave for its heap.
//
// The C++ library ends a program that gets no memory in the middle of its work. So who keeps
// something for a peer, without a bound that is small, asks for room before.
// Threads: any. Like mmap(2), it waits for others that map memory if there is a limit.
#pragma once

#include "vm_control/base/result.h"

namespace vm_control {

// Errors: ENOMEM (RLIMIT_AS or RLIMIT_DATA leaves less than 16 MiB).
Result<void> check_heap_room();

}  // namespace vm_control
