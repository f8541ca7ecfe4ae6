// SPDX-License-Identifier: BSD-3-Clause
// Interrupts. Each GSI of the IOAPIC has a vector and a counter of its own.
//
// Interrupts are edges: KVM merges an edge into the previous one of the same GSI if the guest has
// not taken that yet. A halted guest takes them at once. On KVM without hardware virtualisation, a
// busy guest takes them some milliseconds later.
#pragma once

#include <stdint.h>

#include "guest/address_map.h"

// How often each GSI was raised, modulo 2^32. The handlers in traps.S count.
extern "C" volatile uint32_t gsi_counts[GUEST_GSI_COUNT];

namespace vm_control::guest {

// Installs the IDT and programs the interrupt controllers. The caller enables interrupts.
void interrupts_start();

}  // namespace vm_control::guest
