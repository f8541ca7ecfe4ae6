// SPDX-License-Identifier: BSD-3-Clause
// The local APIC's two inputs, as a BIOS leaves them that has switched to the IOAPIC.
//
// KVM's default for the first vCPU is that of a PC after reset: the PICs interrupt it through
// LINT0. A kernel on hardware-reduced ACPI never programs the PICs, and the interrupts of a PIC
// that nobody has programmed have the vectors of exceptions. So LINT0 must not be open, whatever
// the kernel does with it.
// Source: Intel SDM volume 3, 11.5.1 "Local Vector Table".
#pragma once

#include <linux/kvm.h>

namespace vm_control::vmm {

// Masks LINT0, and makes LINT1 the NMI that the ACPI tables tell.
void connect_local_inputs(kvm_lapic_state& lapic);

}  // namespace vm_control::vmm
