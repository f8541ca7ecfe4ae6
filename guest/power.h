// SPDX-License-Identifier: BSD-3-Clause
// Ends the virtual machine.
#pragma once

namespace vm_control::guest {

// Resets through the i8042, which ends the virtual machine. If the machine goes on, the CPU halts.
[[noreturn]] void power_off();

}  // namespace vm_control::guest
