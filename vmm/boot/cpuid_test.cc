// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/cpuid.h"

#include <gtest/gtest.h>

namespace vm_control::vmm {
namespace {

TEST(CpuidOfVcpu, NamesItsApicAndKeepsTheRest) {
  kvm::Cpuid supported{{.function = 0x1, .ebx = 0x7f001234, .ecx = 1},
                       {.function = 0x7, .ebx = 5, .edx = 6},
                       {.function = 0xb, .edx = 77}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, 3);
  ASSERT_EQ(cpuid.size(), 3u);
  EXPECT_EQ(cpuid[0].ebx, 0x03001234u);
  EXPECT_EQ(cpuid[0].ecx, 0x80000001u);
  EXPECT_EQ(cpuid[1].ebx, 5u);
  EXPECT_EQ(cpuid[1].edx, 6u);
  EXPECT_EQ(cpuid[2].edx, 3u);
}

}  // namespace
}  // namespace vm_control::vmm
