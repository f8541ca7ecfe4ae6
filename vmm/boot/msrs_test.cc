// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/msrs.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vm_control::vmm {
namespace {

TEST(BootMsrs, MakeAllMemoryWriteBack) {
  auto type = std::ranges::find(boot_msrs(), 0x2ffu, &kvm_msr_entry::index);
  ASSERT_NE(type, boot_msrs().end());
  EXPECT_EQ(type->data, 0x806u);
}

TEST(BootMsrs, LetStringsBeCopiedFast) {
  auto enable = std::ranges::find(boot_msrs(), 0x1a0u, &kvm_msr_entry::index);
  ASSERT_NE(enable, boot_msrs().end());
  EXPECT_EQ(enable->data, 1u);
}

}  // namespace
}  // namespace vm_control::vmm
