// SPDX-License-Identifier: BSD-3-Clause
// The CPUID of each vCPU: what KVM supports, and the number of the vCPU.
#pragma once

#include <cstdint>

#include "vm_control/kvm/cpuid.h"

namespace vm_control::vmm {

// The leaves of vCPU `index`: those that KVM supports, with `index` as the id of its APIC.
kvm::Cpuid cpuid_of_vcpu(kvm::Cpuid supported, uint32_t index);

}  // namespace vm_control::vmm
