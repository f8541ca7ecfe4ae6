// SPDX-License-Identifier: BSD-3-Clause
// Counts what a whole test program allocates with operator new.
#pragma once

#include <cstddef>

namespace vm_control {

// How many times any thread has called operator new.
size_t count_allocations_so_far();

}  // namespace vm_control
