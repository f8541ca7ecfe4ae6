// SPDX-License-Identifier: BSD-3-Clause
// The loop of a vCPU thread until the machine stops: run the guest, serve its exit, run it again.
#pragma once

#include <cstdint>

#include "vm_control/kvm/vcpu.h"
#include "vm_control/resources/memory_fault_sink.h"
#include "vmm/bus/bus.h"
#include "vmm/machine/exit_reason.h"
#include "vmm/machine/pause_gate.h"

namespace vm_control::vmm {

// The parts of the machine that a vCPU thread uses. All of them outlive the run.
struct VcpuEnvironment {
  uint32_t index;  // the vCPU's number, for errors
  const Bus& ports;
  const Bus& memory;  // devices at guest-physical addresses
  PauseGate& gate;
  MemoryFaultSink* memory_faults;  // null: a memory fault is an error
};

// Runs `vcpu` while the gate is open, until the gate is stopped or the vCPU can't go on. Says
// which. A caller that closes or stops the gate also kicks the vCPU.
ExitReason run_vcpu(kvm::Vcpu& vcpu, const VcpuEnvironment& environment);

}  // namespace vm_control::vmm
