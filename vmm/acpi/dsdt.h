// SPDX-License-Identifier: BSD-3-Clause
// The DSDT: the machine's devices, each with its ports, addresses and interrupts.
//
// Sources: ACPI 6.5, 5.6.9 (the generic event device, ACPI0013), 4.8.2.2.1.2 (the power button),
// 7.4.2 (_S5), 8.4 (processors); the ids of virtio (LNRO0005) and of the panic device (QEMU0001)
// are those that Linux looks for.
#pragma once

#include <cstddef>
#include <vector>

#include "vmm/acpi/acpi_tables.h"

namespace vm_control::vmm {

// config  within the limits of acpi_tables().
std::vector<std::byte> make_dsdt(const AcpiConfig& config);

}  // namespace vm_control::vmm
