// SPDX-License-Identifier: BSD-3-Clause
// Interrupts: every GSI of the IOAPIC comes in on a vector of its own and is counted.
//
// They are edges: KVM merges one that comes before the last of the same GSI was taken. A halted
// guest takes them at once; a busy one, on KVM without hardware virtualisation, some milliseconds
// later.
#pragma once

#include <stdint.h>

#include "guest/address_map.h"

// By GSI; wraps at 2^32. The handlers in traps.S write it.
extern "C" volatile uint32_t gsi_counts[GUEST_GSI_COUNT];

namespace vm_control::guest {

// Installs the IDT and programs the interrupt controllers. The caller enables interrupts.
void interrupts_start();

}  // namespace vm_control::guest
