// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/page_ranges.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace vm_control::vmctl {
namespace {

constexpr GuestAddress kStart(0x8000'0000);

std::vector<PageRange> page_ranges(std::span<const uint64_t> bitmap, GuestAddress start,
                                   uint64_t size) {
  std::vector<PageRange> all;
  for_each_page_range(bitmap, start, size, [&](const PageRange& each) { all.push_back(each); });
  return all;
}

PageRange pages(uint64_t first, uint64_t count) {
  return {GuestAddress(kStart.value() + first * kPageSize), count * kPageSize};
}

TEST(PageRanges, NeighboursAreOneRange) {
  std::array<uint64_t, 1> bitmap{0b1011'0110};
  EXPECT_EQ(page_ranges(bitmap, kStart, 64 * kPageSize),
            (std::vector{pages(1, 2), pages(4, 2), pages(7, 1)}));
}

TEST(PageRanges, GoOnFromWordToWord) {
  std::array<uint64_t, 3> bitmap{uint64_t{1} << 63, UINT64_MAX, 1};
  EXPECT_EQ(page_ranges(bitmap, kStart, 192 * kPageSize), (std::vector{pages(63, 66)}));
}

TEST(PageRanges, BitsPastTheRegionAreIgnored) {
  std::array<uint64_t, 1> bitmap{UINT64_MAX};
  EXPECT_EQ(page_ranges(bitmap, kStart, 3 * kPageSize), (std::vector{pages(0, 3)}));
}

TEST(PageRanges, AShortBitmapSaysNothingOfTheRest) {
  std::array<uint64_t, 1> bitmap{uint64_t{1} << 63};
  EXPECT_EQ(page_ranges(bitmap, kStart, 1000 * kPageSize), (std::vector{pages(63, 1)}));
  EXPECT_TRUE(page_ranges({}, kStart, kPageSize).empty());
}

}  // namespace
}  // namespace vm_control::vmctl
