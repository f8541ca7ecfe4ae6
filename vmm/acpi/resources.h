// SPDX-License-Identifier: BSD-3-Clause
// The ports, addresses and interrupts of a device, as its _CRS lists them.
//
// Source: ACPI 6.5, 6.4 "Resource Data Types for ACPI".
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/model/guest_range.h"
#include "vmm/acpi/aml.h"

namespace vm_control::vmm::aml {

Bytes io_ports(uint16_t first, uint8_t count);
// range  below 4 GiB.
Bytes memory(GuestRange range);
// An interrupt of its own, at each rising edge.
Bytes interrupt(uint32_t gsi);

// The value of a _CRS that has `resources`.
Bytes resource_template(const std::vector<Bytes>& resources);

}  // namespace vm_control::vmm::aml
