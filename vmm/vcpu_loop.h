// SPDX-License-Identifier: BSD-3-Clause
// What one vCPU does until the machine stops: run, serve what it came out for, run again.
#pragma once

#include <atomic>
#include <cstdint>

#include "vm_control/kvm/vcpu.h"
#include "vmm/devices/port_bus.h"
#include "vmm/exit_reason.h"

namespace vm_control::vmm {

// Runs `vcpu`, whose number is `index`, until `stopping` is set and the vCPU kicked, or until it
// can't go on; says which. Nothing that a guest does makes it fail otherwise.
ExitReason run_vcpu(kvm::Vcpu& vcpu, uint32_t index, const PortBus& ports,
                    const std::atomic<bool>& stopping);

}  // namespace vm_control::vmm
