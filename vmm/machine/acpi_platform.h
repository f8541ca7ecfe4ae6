// SPDX-License-Identifier: BSD-3-Clause
// A guest with ACPI finds these in a machine beside the devices that were added before.
#pragma once

#include <cstddef>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

// Adds to `machine` what its ACPI tables promise: the port by which the guest's kernel tells of a
// panic, which stops the machine, and a power button. Returns the tables, to be put at `address`.
//
// machine  has all its other devices, those of pc_devices.h among them, and has not started.
// Errors   EINVAL (more CPUs than kMostAcpiCpus), those of DeviceManager.
Result<std::vector<std::byte>> add_acpi_platform(Machine& machine, GuestAddress address);

}  // namespace vm_control::vmm
