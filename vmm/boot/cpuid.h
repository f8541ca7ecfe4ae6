// SPDX-License-Identifier: BSD-3-Clause
// What each CPU of the machine says of itself: what KVM supports, and which one it is.
#pragma once

#include <cstdint>

#include "vm_control/kvm/cpuid.h"

namespace vm_control::vmm {

// The leaves of vCPU `index`, which is also its APIC's id, made of those that KVM supports.
kvm::Cpuid cpuid_of_vcpu(kvm::Cpuid supported, uint32_t index);

}  // namespace vm_control::vmm
