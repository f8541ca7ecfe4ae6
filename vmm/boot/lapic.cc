// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/lapic.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace vm_control::vmm {
namespace {

void set_register(kvm_lapic_state& lapic, size_t offset, uint32_t value) {
  std::memcpy(lapic.regs + offset, &value, sizeof value);
}

}  // namespace

void connect_local_inputs(kvm_lapic_state& lapic) {
  constexpr size_t kLint0 = 0x350;
  constexpr size_t kLint1 = 0x360;
  constexpr uint32_t kNmi = 4 << 8;
  constexpr uint32_t kExternalInterrupt = 7 << 8;
  constexpr uint32_t kMasked = 1 << 16;
  set_register(lapic, kLint0, kExternalInterrupt | kMasked);
  set_register(lapic, kLint1, kNmi);
}

}  // namespace vm_control::vmm
