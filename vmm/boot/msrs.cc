// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/msrs.h"

#include <cstdint>

namespace vm_control::vmm {

std::span<const kvm_msr_entry> boot_msrs() {
  // Linux copies strings slowly without this bit.
  constexpr kvm_msr_entry kMiscEnable{.index = 0x1a0, .reserved = 0, .data = 1};
  // All memory is cached, write-back: Linux takes memory that no MTRR covers for uncached.
  constexpr uint64_t kMtrrsEnabled = 1 << 11;
  constexpr uint64_t kWriteBack = 6;
  static constexpr kvm_msr_entry kMsrs[] = {
      kMiscEnable, {.index = 0x2ff, .reserved = 0, .data = kMtrrsEnabled | kWriteBack}};
  return kMsrs;
}

}  // namespace vm_control::vmm
