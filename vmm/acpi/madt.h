// SPDX-License-Identifier: BSD-3-Clause
// The MADT: the CPUs, by the ids of their APICs, and the IOAPIC.
//
// Source: ACPI 6.5, 5.2.12 "Multiple APIC Description Table".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vm_control::vmm {

// cpus  1 to 255, with the ids from 0 up.
std::vector<std::byte> make_madt(uint32_t cpus);

}  // namespace vm_control::vmm
