// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/long_mode_support.h"

#include <unistd.h>

#include <algorithm>

namespace vm_control::vmm {

// Source: Intel SDM volume 2A, CPUID, leaf 0x80000001.
Result<void> check_long_mode(std::span<const kvm_cpuid_entry2> supported,
                             const std::string& modules) {
  constexpr const char* kAction = "run a 64-bit guest";
  constexpr uint32_t kLongMode = uint32_t{1} << 29;
  auto leaf = std::ranges::find(supported, 0x8000'0001u, &kvm_cpuid_entry2::function);
  if (leaf == supported.end() || !(leaf->edx & kLongMode)) {
    return fail(ENOTSUP, kAction, "(this host's CPU is a 32-bit one to KVM)");
  }
  if (access((modules + "/kvm_pvm").c_str(), F_OK) == 0) {
    return fail(ENOTSUP, kAction, "(this host's KVM, kvm_pvm, has no hardware virtualisation)");
  }
  return {};
}

}  // namespace vm_control::vmm
