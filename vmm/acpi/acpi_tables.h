// SPDX-License-Identifier: BSD-3-Clause
// The ACPI tables of the reference machine, by which stock kernels find its CPUs and devices: RSDP,
// XSDT, FADT, MADT and DSDT.
//
// It is hardware-reduced ACPI (ACPI 6.5, 4.1): without the fixed registers of a PC, such as its
// power management timer, and without PICs. The machine has I8042 for resets, SleepControl,
// PanicDevice and Serial16550 at their ports, an IOAPIC whose input n is GSI n, and a power button,
// which is an interrupt that somebody raises.
// Pure: no system calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

// A virtio device behind registers in memory.
struct AcpiVirtioDevice {
  GuestRange registers;  // below 4 GiB
  uint32_t gsi;          // raised by edges
};

struct AcpiConfig {
  uint32_t cpus = 1;  // with the APIC ids from 0 up
  uint32_t power_button_gsi = 0;
  std::vector<AcpiVirtioDevice> virtio;
};

// Ids of APICs without x2APIC are below 255, which means all of them.
inline constexpr uint32_t kMostAcpiCpus = 255;
inline constexpr size_t kMostAcpiVirtioDevices = 0x1000;

// The bytes to be put at `address`, a multiple of 16: the RSDP, then the other tables.
// Errors: EINVAL (no CPUs, or more than kMostAcpiCpus; too many devices).
Result<std::vector<std::byte>> acpi_tables(const AcpiConfig& config, GuestAddress address);

}  // namespace vm_control::vmm
