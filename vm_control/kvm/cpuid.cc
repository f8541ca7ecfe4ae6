// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/cpuid.h"

#include <algorithm>

namespace vm_control::kvm {

unsigned guest_physical_bits(std::span<const kvm_cpuid_entry2> cpuid) {
  constexpr uint32_t kAddressSizes = 0x80000008;
  constexpr unsigned kFallback = 36;
  constexpr unsigned kMost = 52;

  auto leaf = std::ranges::find(cpuid, kAddressSizes, &kvm_cpuid_entry2::function);
  if (leaf == cpuid.end()) return kFallback;
  unsigned width = leaf->eax & 0xff;
  // Less than `width` if the CPU has more address bits than the host's four-level page tables map.
  unsigned mappable = (leaf->eax >> 16) & 0xff;
  if (width == 0) return kFallback;
  return std::min({width, mappable ? mappable : width, kMost});
}

}  // namespace vm_control::kvm
