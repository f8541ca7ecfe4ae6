// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/mmio_window.h"

#include <gtest/gtest.h>

#include <optional>

namespace vm_control::vmm {
namespace {

constexpr uint64_t kStart = 0xc000'0000;

class MmioWindowTest : public testing::Test {
 protected:
  MmioWindow window_{*GuestRange::create(GuestAddress(kStart), 4 * kPageSize)};
};

TEST_F(MmioWindowTest, GivesEachPageOnceUntilNoneIsLeft) {
  auto first = window_.allocate(kPageSize);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->range(), *GuestRange::create(GuestAddress(kStart), kPageSize));
  auto second = window_.allocate(2 * kPageSize);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->range(), *GuestRange::create(GuestAddress(kStart + kPageSize), 2 * kPageSize));
  EXPECT_EQ(window_.allocate(2 * kPageSize).error().code(), ENOSPC);
  EXPECT_TRUE(window_.allocate(kPageSize));
}

TEST_F(MmioWindowTest, GivesWholePagesOnly) {
  EXPECT_EQ(window_.allocate(0).error().code(), EINVAL);
  EXPECT_EQ(window_.allocate(512).error().code(), EINVAL);
}

TEST_F(MmioWindowTest, TakesARangeBackWhenItsOwnerGoes) {
  std::optional<MmioRange> all = *window_.allocate(4 * kPageSize);
  EXPECT_EQ(window_.allocate(kPageSize).error().code(), ENOSPC);
  all.reset();
  MmioRange first = *window_.allocate(kPageSize);
  {
    MmioRange moved = std::move(first);
    EXPECT_EQ(moved.range().start(), GuestAddress(kStart));
    EXPECT_EQ(window_.allocate(4 * kPageSize).error().code(), ENOSPC);
  }
  EXPECT_TRUE(window_.allocate(4 * kPageSize));
}

}  // namespace
}  // namespace vm_control::vmm
