// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/lapic.h"

#include <gtest/gtest.h>

#include <cstring>

namespace vm_control::vmm {
namespace {

uint32_t register_at(const kvm_lapic_state& lapic, size_t offset) {
  uint32_t value;
  std::memcpy(&value, lapic.regs + offset, sizeof value);
  return value;
}

TEST(LocalApic, HasItsPicMaskedAndItsNmiOpen) {
  kvm_lapic_state lapic{};
  connect_local_inputs(lapic);
  EXPECT_EQ(register_at(lapic, 0x350), 0x10700u);
  EXPECT_EQ(register_at(lapic, 0x360), 0x400u);
}

TEST(LocalApic, KeepsItsOtherRegisters) {
  kvm_lapic_state lapic{};
  std::memset(lapic.regs, 0x55, sizeof lapic.regs);
  kvm_lapic_state before = lapic;
  connect_local_inputs(lapic);
  EXPECT_EQ(std::memcmp(lapic.regs, before.regs, 0x350), 0);
  EXPECT_EQ(register_at(lapic, 0x370), 0x5555'5555u);
}

}  // namespace
}  // namespace vm_control::vmm
