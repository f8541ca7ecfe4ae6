// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/guest_range.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

GuestRange range(uint64_t start, uint64_t size) {
  return *GuestRange::create(GuestAddress(start), size);
}

TEST(GuestRange, IsNeverEmptyNorPastTheEnd) {
  EXPECT_EQ(GuestRange::create(GuestAddress(0), 0).error().code(), EINVAL);
  EXPECT_EQ(GuestRange::create(GuestAddress(UINT64_MAX), 2).error().code(), EINVAL);
  EXPECT_EQ(range(UINT64_MAX, 1).last(), GuestAddress(UINT64_MAX));
}

TEST(GuestRange, NeighboursDoNotOverlap) {
  EXPECT_FALSE(range(0, 4096).overlaps(range(4096, 4096)));
  EXPECT_TRUE(range(0, 4097).overlaps(range(4096, 4096)));
  EXPECT_TRUE(range(0, 10000).overlaps(range(4096, 1)));
}

TEST(GuestRange, ContainsItsOwnBytesOnly) {
  EXPECT_TRUE(range(4096, 4096).contains(GuestAddress(8191)));
  EXPECT_FALSE(range(4096, 4096).contains(GuestAddress(8192)));
  EXPECT_TRUE(range(4096, 4096).contains(range(4096, 4096)));
  EXPECT_FALSE(range(4096, 4096).contains(range(4096, 4097)));
}

TEST(GuestRange, IsAlignedWhenBothEndsAre) {
  EXPECT_TRUE(range(8192, 4096).is_aligned(4096));
  EXPECT_FALSE(range(8192, 100).is_aligned(4096));
  EXPECT_FALSE(range(8193, 4096).is_aligned(4096));
}

}  // namespace
}  // namespace vm_control
