// SPDX-License-Identifier: BSD-3-Clause
// The stacks of threads that are started later.
#pragma once

namespace vm_control::vmctl {

// Gives threads that start later, and ask for no other, stacks of 1 MiB instead of 8. A huge page,
// of 2 MiB, does not fit into one. Otherwise a stack whose end is near a boundary of 2 MiB gets one
// when its thread first touches it, and needs a few pages.
void use_small_stacks();

}  // namespace vm_control::vmctl
