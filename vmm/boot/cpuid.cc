// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/cpuid.h"

namespace vm_control::vmm {

// Source: Intel SDM volume 2A, CPUID.
kvm::Cpuid cpuid_of_vcpu(kvm::Cpuid supported, uint32_t index) {
  constexpr uint32_t kHypervisor = uint32_t{1} << 31;
  for (kvm_cpuid_entry2& leaf : supported) {
    switch (leaf.function) {
      case 0x1:
        leaf.ebx = (leaf.ebx & 0x00ff'ffff) | (index << 24);
        leaf.ecx |= kHypervisor;
        break;
      case 0xb:
      case 0x1f:
        leaf.edx = index;
        break;
      default:
        break;
    }
  }
  return supported;
}

}  // namespace vm_control::vmm
