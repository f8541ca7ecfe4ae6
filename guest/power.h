// SPDX-License-Identifier: BSD-3-Clause
// The end of the virtual machine.
#pragma once

namespace vm_control::guest {

// Resets through the i8042, which ends the virtual machine; should it go on, halts for ever.
[[noreturn]] void power_off();

}  // namespace vm_control::guest
