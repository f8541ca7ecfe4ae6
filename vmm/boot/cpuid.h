// SPDX-License-Identifier: BSD-3-Clause
// The CPUID of each vCPU: what KVM supports, with the number of the vCPU and its place in one
// package of as many cores as there are vCPUs.
//
// Linux takes the topology of its CPUs from here, and warns if it does not fit the ids of the
// APICs. KVM's own leaves, by which a guest finds kvm-clock, stay as KVM gives them.
// Sources: Intel SDM volume 2A, CPUID, and volume 3, 9.9; AMD APM volume 3, appendix E.
#pragma once

#include <cstdint>

#include "vm_control/kvm/cpuid.h"

namespace vm_control::vmm {

struct VcpuPlace {
  uint32_t index = 0;  // the id of its APIC
  uint32_t cpus = 1;   // of the machine
};

// The leaves of one vCPU, out of those that KVM supports.
//
// has_tsc_deadline  whether KVM's APIC has a timer with a deadline (Capabilities), which KVM does
//                   not tell in `supported`.
kvm::Cpuid cpuid_of_vcpu(kvm::Cpuid supported, VcpuPlace place, bool has_tsc_deadline);

}  // namespace vm_control::vmm
