// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/cpuid.h"

#include <gtest/gtest.h>

namespace vm_control::kvm {
namespace {

Cpuid address_sizes(uint32_t eax) {
  return {{.function = 1}, {.function = 0x80000008, .eax = eax}};
}

TEST(GuestPhysicalBits, AreThoseOfTheLeaf) {
  EXPECT_EQ(guest_physical_bits(address_sizes(0x3028)), 40u);
}

TEST(GuestPhysicalBits, AreNoMoreThanTheHostCanMap) {
  EXPECT_EQ(guest_physical_bits(address_sizes(0x303934)), 48u);
}

TEST(GuestPhysicalBits, Are36WhereNothingSaysHowMany) {
  EXPECT_EQ(guest_physical_bits({}), 36u);
  EXPECT_EQ(guest_physical_bits(address_sizes(0)), 36u);
}

TEST(GuestPhysicalBits, AreNeverMoreThan52) {
  EXPECT_EQ(guest_physical_bits(address_sizes(0xff)), 52u);
}

}  // namespace
}  // namespace vm_control::kvm
