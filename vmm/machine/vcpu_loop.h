// SPDX-License-Identifier: BSD-3-Clause
// What one vCPU does until the machine stops: run, serve what it came out for, run again.
#pragma once

#include <cstdint>

#include "vm_control/kvm/vcpu.h"
#include "vm_control/resources/memory_fault_sink.h"
#include "vmm/bus/port_bus.h"
#include "vmm/machine/exit_reason.h"
#include "vmm/machine/pause_gate.h"

namespace vm_control::vmm {

// What a vCPU meets outside of the guest. All of it outlives the run.
struct VcpuEnvironment {
  uint32_t index;  // the vCPU's number, for errors
  const PortBus& ports;
  PauseGate& gate;
  MemoryFaultSink* memory_faults;  // null: a memory fault is an error
};

// Runs `vcpu` whenever the gate is open, until that is stopped or the vCPU can't go on; says which.
// Who closes or stops the gate kicks the vCPU as well. Nothing that a guest does makes it fail
// otherwise.
ExitReason run_vcpu(kvm::Vcpu& vcpu, const VcpuEnvironment& environment);

}  // namespace vm_control::vmm
