// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/guest_address.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(GuestAddress, AdditionThatOverflowsGivesNothing) {
  EXPECT_EQ(GuestAddress(4096).checked_add(1), GuestAddress(4097));
  EXPECT_EQ(GuestAddress(UINT64_MAX - 1).checked_add(1), GuestAddress(UINT64_MAX));
  EXPECT_EQ(GuestAddress(UINT64_MAX).checked_add(1), std::nullopt);
}

TEST(GuestAddress, AlignsUpToAPowerOfTwo) {
  EXPECT_EQ(GuestAddress(0).checked_align_up(4096), GuestAddress(0));
  EXPECT_EQ(GuestAddress(1).checked_align_up(4096), GuestAddress(4096));
  EXPECT_EQ(GuestAddress(4096).checked_align_up(4096), GuestAddress(4096));
  EXPECT_EQ(GuestAddress(UINT64_MAX).checked_align_up(4096), std::nullopt);
  EXPECT_TRUE(GuestAddress(8192).is_aligned(4096));
  EXPECT_FALSE(GuestAddress(8193).is_aligned(4096));
}

TEST(PageFrameNumber, CountsPagesOf4KiB) {
  EXPECT_EQ(PageFrameNumber::of(GuestAddress(0x80000fff)), PageFrameNumber(0x80000));
  EXPECT_EQ(PageFrameNumber(0x80000).checked_address(), GuestAddress(0x80000000));
  EXPECT_EQ(PageFrameNumber(UINT64_MAX / 4096 + 1).checked_address(), std::nullopt);
}

TEST(GuestAddress, AlignsDown) {
  EXPECT_EQ(GuestAddress(0x1fff).align_down(kPageSize), GuestAddress(0x1000));
  EXPECT_EQ(GuestAddress(0x1000).align_down(kPageSize), GuestAddress(0x1000));
  EXPECT_EQ(GuestAddress(UINT64_MAX).align_down(kPageSize), GuestAddress(UINT64_MAX - 0xfff));
}

}  // namespace
}  // namespace vm_control
