// SPDX-License-Identifier: BSD-3-Clause
// The leaves of the CPUID instruction, by which a virtual CPU describes itself.
//
// Pure: no system calls. Source: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <span>
#include <vector>

namespace vm_control::kvm {

using Cpuid = std::vector<kvm_cpuid_entry2>;

// The number of bits of a guest-physical address that the guest can use, at most 52: from leaf
// 0x80000008, in which a current KVM also tells how much the host's page tables can map; 36 if the
// leaf is missing.
unsigned guest_physical_bits(std::span<const kvm_cpuid_entry2> cpuid);

}  // namespace vm_control::kvm
