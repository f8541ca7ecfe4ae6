// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/cpuid.h"

#include <algorithm>
#include <bit>

namespace vm_control::vmm {
namespace {

constexpr uint32_t kAuth = 0x6874'7541;  // AMD's "AuthenticAMD"
constexpr uint32_t kHygo = 0x6f67'7948;  // and Hygon's "HygonGenuine"

// The bits of an APIC id that tell a core from the others.
uint32_t core_bits(uint32_t cpus) {
  return static_cast<uint32_t>(std::bit_width(cpus - 1));
}

// `word` with `value` in the `width` bits from `shift`; the largest that fits if it does not.
uint32_t with_field(uint32_t word, unsigned shift, unsigned width, uint32_t value) {
  uint32_t most = (uint32_t{1} << width) - 1;
  return (word & ~(most << shift)) | (std::min(value, most) << shift);
}

uint32_t with_bit(uint32_t word, unsigned bit, bool value) {
  return with_field(word, bit, 1, value ? 1 : 0);
}

// The cores share the cache of level 3; each has those of levels 1 and 2 for itself.
void set_cache_sharing(kvm_cpuid_entry2& leaf, uint32_t cpus) {
  constexpr uint32_t kShared = 3;
  uint32_t level = (leaf.eax >> 5) & 7;
  uint32_t sharing = level >= kShared ? (1u << core_bits(cpus)) - 1 : 0;
  leaf.eax = with_field(leaf.eax, 14, 12, sharing);
}

void set_basic_leaf(kvm_cpuid_entry2& leaf, VcpuPlace place, bool has_tsc_deadline) {
  constexpr unsigned kTscDeadline = 24;
  constexpr unsigned kHypervisor = 31;
  constexpr unsigned kSeveralIds = 28;
  leaf.ebx = with_field(leaf.ebx, 24, 8, place.index);
  leaf.ebx = with_field(leaf.ebx, 16, 8, 1u << core_bits(place.cpus));
  leaf.ecx = with_bit(leaf.ecx, kTscDeadline, has_tsc_deadline);
  leaf.ecx = with_bit(leaf.ecx, kHypervisor, true);
  leaf.edx = with_bit(leaf.edx, kSeveralIds, place.cpus > 1);
}

void set_place(kvm_cpuid_entry2& leaf, VcpuPlace place, bool is_amd) {
  constexpr unsigned kSeveralCores = 1;
  switch (leaf.function) {
    case 0x4:
      set_cache_sharing(leaf, place.cpus);
      leaf.eax = with_field(leaf.eax, 26, 6, (1u << core_bits(place.cpus)) - 1);
      break;
    case 0x8000'0001:
      if (is_amd) leaf.ecx = with_bit(leaf.ecx, kSeveralCores, place.cpus > 1);
      break;
    case 0x8000'0008:
      if (!is_amd) break;
      leaf.ecx = with_field(leaf.ecx, 0, 8, place.cpus - 1);
      leaf.ecx = with_field(leaf.ecx, 12, 4, core_bits(place.cpus));
      break;
    case 0x8000'001d:
      set_cache_sharing(leaf, place.cpus);
      break;
    case 0x8000'001e:
      leaf.eax = place.index;
      leaf.ebx = with_field(0, 0, 8, place.index);  // a core of one thread
      leaf.ecx = 0;                                 // in the one node
      break;
    default:
      break;
  }
}

// A leaf of the extended topology: a thread in a core, the cores in the package, and no more.
void add_topology(kvm::Cpuid& cpuid, uint32_t function, VcpuPlace place) {
  constexpr uint32_t kThread = 1 << 8;
  constexpr uint32_t kCore = 2 << 8;
  kvm_cpuid_entry2 leaf{};
  leaf.function = function;
  leaf.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
  leaf.edx = place.index;
  leaf.ebx = 1;
  leaf.ecx = kThread;
  cpuid.push_back(leaf);
  leaf.index = 1;
  leaf.eax = core_bits(place.cpus);
  leaf.ebx = place.cpus;
  leaf.ecx = kCore | leaf.index;
  cpuid.push_back(leaf);
  leaf.index = 2;
  leaf.eax = leaf.ebx = 0;
  leaf.ecx = leaf.index;
  cpuid.push_back(leaf);
}

}  // namespace

kvm::Cpuid cpuid_of_vcpu(kvm::Cpuid supported, VcpuPlace place, bool has_tsc_deadline) {
  constexpr uint32_t kTopologies[] = {0xb, 0x1f};
  kvm_cpuid_entry2 first{};
  auto found = std::ranges::find(supported, 0u, &kvm_cpuid_entry2::function);
  if (found != supported.end()) first = *found;
  bool is_amd = first.ebx == kAuth || first.ebx == kHygo;
  // KVM has no topology there, or that of the host.
  std::erase_if(supported, [&](const kvm_cpuid_entry2& leaf) {
    return std::ranges::find(kTopologies, leaf.function) != std::end(kTopologies);
  });
  for (kvm_cpuid_entry2& leaf : supported) {
    if (leaf.function == 0x1) set_basic_leaf(leaf, place, has_tsc_deadline);
    set_place(leaf, place, is_amd);
  }
  for (uint32_t function : kTopologies) {
    if (function <= first.eax) add_topology(supported, function, place);
  }
  return supported;
}

}  // namespace vm_control::vmm
