// SPDX-License-Identifier: BSD-3-Clause
// The devices of a PC that guests of the reference machine rely on: a serial port, a reset line,
// and ACPI's sleep control register.
#pragma once

#include "vm_control/base/result.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

// Adds them to `machine`, which has not started, and which owns them from then on. The guest's
// output goes to `output`. A guest that pulls the reset line or powers off stops the machine.
// Returns the serial port, which lives as long as `machine`.
// Errors: EMFILE, ENFILE, ENOMEM; those of DeviceManager.
Result<Serial16550*> add_pc_devices(Machine& machine, SerialSink output);

}  // namespace vm_control::vmm
