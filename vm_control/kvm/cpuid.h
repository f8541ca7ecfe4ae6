// SPDX-License-Identifier: BSD-3-Clause
// What a virtual CPU says of itself: the leaves of the CPUID instruction.
//
// Pure: no system calls. Source: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <span>
#include <vector>

namespace vm_control::kvm {

using Cpuid = std::vector<kvm_cpuid_entry2>;

// Bits of a guest-physical address that the guest can use, at most 52. Leaf 0x80000008, of which a
// current KVM also tells how much the host's page tables can map; 36 where the leaf is missing.
unsigned guest_physical_bits(std::span<const kvm_cpuid_entry2> cpuid);

}  // namespace vm_control::kvm
