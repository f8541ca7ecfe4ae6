// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/range_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "vm_control/memory/test_ranges.h"

namespace vm_control {
namespace {

constexpr uint64_t kBase = 0x8000'0000;
constexpr uint64_t kPages = 4096;

GuestRange pages(uint64_t first, uint64_t count) {
  return range(kBase + first * kPageSize, count * kPageSize);
}

class RangeAllocatorTest : public testing::Test {
 protected:
  GuestRange take(uint64_t count, Alignment alignment = Alignment::kPage) {
    return *allocator_.allocate(count * kPageSize, alignment);
  }

  RangeAllocator allocator_{pages(0, kPages)};
};

TEST_F(RangeAllocatorTest, TakesTheLowestFreeAddress) {
  EXPECT_EQ(take(1), pages(0, 1));
  EXPECT_EQ(take(3), pages(1, 3));
}

TEST_F(RangeAllocatorTest, ReusesTheLowestReleasedRange) {
  take(4), take(4), take(4);
  ASSERT_TRUE(allocator_.release(pages(8, 4)));
  ASSERT_TRUE(allocator_.release(pages(0, 4)));
  EXPECT_EQ(take(2), pages(0, 2));
  EXPECT_EQ(take(4), pages(8, 4));
}

TEST_F(RangeAllocatorTest, ReleasedNeighboursGrowTogether) {
  take(2), take(2), take(2), take(2);
  ASSERT_TRUE(allocator_.release(pages(0, 2)));
  ASSERT_TRUE(allocator_.release(pages(4, 2)));
  EXPECT_EQ(allocator_.free_ranges(), 3u);
  ASSERT_TRUE(allocator_.release(pages(2, 2)));
  EXPECT_EQ(allocator_.free_ranges(), 2u);
  EXPECT_EQ(take(6), pages(0, 6));
}

TEST_F(RangeAllocatorTest, HugeAlignmentStartsAtTwoMebibytesAndLeavesTheGapUsable) {
  take(1);
  EXPECT_EQ(take(512, Alignment::kHugePage), pages(512, 512));
  EXPECT_EQ(take(1), pages(1, 1));
}

TEST_F(RangeAllocatorTest, RefusesBadSizesAndWhatDoesNotFit) {
  EXPECT_EQ(allocator_.allocate(0, Alignment::kPage).error().code(), EINVAL);
  EXPECT_EQ(allocator_.allocate(100, Alignment::kPage).error().code(), EINVAL);
  EXPECT_EQ(allocator_.allocate((kPages + 1) * kPageSize, Alignment::kPage).error().code(), ENOSPC);
  take(1);
  EXPECT_EQ(allocator_.allocate(kPages * kPageSize, Alignment::kPage).error().code(), ENOSPC);
  EXPECT_EQ(allocator_.free_bytes(), (kPages - 1) * kPageSize);
}

TEST_F(RangeAllocatorTest, RefusesToReleaseWhatIsFreeOrOutside) {
  take(4);
  EXPECT_EQ(allocator_.release(pages(3, 2)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.release(pages(4, 1)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.release(range(kBase - kPageSize, kPageSize)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.release(range(kBase, 100)).error().code(), EINVAL);
  ASSERT_TRUE(allocator_.release(pages(0, 4)));
  EXPECT_EQ(allocator_.release(pages(0, 4)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.free_ranges(), 1u);
}

TEST_F(RangeAllocatorTest, TakesExactlyTheRangeThatIsAskedFor) {
  ASSERT_TRUE(allocator_.take(pages(10, 5)));
  EXPECT_EQ(allocator_.free_bytes(), (kPages - 5) * kPageSize);
  EXPECT_EQ(take(10), pages(0, 10));
  EXPECT_EQ(take(1), pages(15, 1));
  ASSERT_TRUE(allocator_.take(pages(16, kPages - 16)));
  EXPECT_EQ(allocator_.free_ranges(), 0u);
  ASSERT_TRUE(allocator_.release(pages(10, 5)));
  EXPECT_TRUE(allocator_.take(pages(10, 5)));
}

TEST_F(RangeAllocatorTest, RefusesToTakeWhatIsTakenMisalignedOrOutside) {
  ASSERT_TRUE(allocator_.take(pages(10, 5)));
  for (GuestRange each : {pages(10, 5), pages(9, 2), pages(14, 2), pages(12, 1), pages(8, 9)}) {
    EXPECT_EQ(allocator_.take(each).error().code(), EEXIST);
  }
  EXPECT_EQ(allocator_.take(range(kBase, 100)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.take(range(kBase + 1, kPageSize)).error().code(), EINVAL);
  EXPECT_EQ(allocator_.take(range(kBase - kPageSize, 2 * kPageSize)).error().code(), ERANGE);
  EXPECT_EQ(allocator_.take(pages(kPages - 1, 2)).error().code(), ERANGE);
  EXPECT_EQ(allocator_.take(pages(kPages, 1)).error().code(), ERANGE);
  EXPECT_EQ(allocator_.free_bytes(), (kPages - 5) * kPageSize);
  EXPECT_EQ(allocator_.free_ranges(), 2u);
}

TEST_F(RangeAllocatorTest, WhenAllIsTakenNothingMoreCanBe) {
  ASSERT_TRUE(allocator_.take(pages(0, kPages)));
  EXPECT_EQ(allocator_.take(pages(0, 1)).error().code(), EEXIST);
  EXPECT_EQ(allocator_.take(pages(kPages - 1, 1)).error().code(), EEXIST);
}

TEST(RangeAllocator, WorksUpToTheEndOfTheAddressSpace) {
  RangeAllocator allocator(range(0 - 2 * kPageSize, 2 * kPageSize));
  auto first = allocator.allocate(kPageSize, Alignment::kPage);
  auto second = allocator.allocate(kPageSize, Alignment::kPage);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->last(), GuestAddress(UINT64_MAX));
  EXPECT_EQ(allocator.allocate(kPageSize, Alignment::kHugePage).error().code(), ENOSPC);
  ASSERT_TRUE(allocator.release(*second));
  ASSERT_TRUE(allocator.release(*first));
  EXPECT_EQ(allocator.free_ranges(), 1u);
  EXPECT_TRUE(allocator.take(range(0 - kPageSize, kPageSize)));
  EXPECT_EQ(allocator.free_bytes(), kPageSize);
}

// The same rules in the plainest form: a map of free ranges that is searched from the start.
class NaiveAllocator {
 public:
  explicit NaiveAllocator(GuestRange window) { free_[window.start().value()] = window.size(); }

  std::optional<uint64_t> allocate(uint64_t size, uint64_t boundary) {
    for (auto [start, length] : free_) {
      uint64_t aligned = (start + boundary - 1) / boundary * boundary;
      if (aligned + size > start + length) continue;
      free_.erase(start);
      if (aligned > start) free_[start] = aligned - start;
      if (start + length > aligned + size) free_[aligned + size] = start + length - aligned - size;
      return aligned;
    }
    return std::nullopt;
  }

  bool take(uint64_t start, uint64_t size) {
    for (auto [free_start, length] : free_) {
      if (start < free_start || start + size > free_start + length) continue;
      free_.erase(free_start);
      if (start > free_start) free_[free_start] = start - free_start;
      if (free_start + length > start + size)
        free_[start + size] = free_start + length - start - size;
      return true;
    }
    return false;
  }

  void release(uint64_t start, uint64_t size) {
    auto next = free_.lower_bound(start);
    if (next != free_.end() && next->first == start + size) {
      size += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      auto previous = std::prev(next);
      if (previous->first + previous->second == start) {
        previous->second += size;
        return;
      }
    }
    free_[start] = size;
  }

  size_t free_ranges() const { return free_.size(); }

 private:
  std::map<uint64_t, uint64_t> free_;
};

TEST(RangeAllocator, AgreesWithANaiveAllocatorOverAMillionOperations) {
  GuestRange window = pages(3, 40'000);
  RangeAllocator allocator(window);
  NaiveAllocator naive(window);
  std::vector<GuestRange> taken;
  std::mt19937_64 random(2018);
  for (int step = 0; step < 1'000'000; ++step) {
    uint64_t dice = random() % 100;
    if (dice < 10) {
      uint64_t count = 1 + random() % 20;
      GuestRange wanted = pages(3 + random() % (40'001 - count), count);
      bool expected = naive.take(wanted.start().value(), wanted.size());
      ASSERT_EQ(allocator.take(wanted).has_value(), expected) << "step " << step;
      if (expected) taken.push_back(wanted);
    } else if (taken.empty() || dice < 55) {
      bool huge = random() % 8 == 0;
      uint64_t size = (1 + random() % (huge ? 1500 : 60)) * kPageSize;
      auto expected = naive.allocate(size, huge ? kHugePageSize : kPageSize);
      auto got = allocator.allocate(size, huge ? Alignment::kHugePage : Alignment::kPage);
      ASSERT_EQ(got.has_value(), expected.has_value()) << "step " << step;
      if (!got) continue;
      ASSERT_EQ(*got, range(*expected, size)) << "step " << step;
      taken.push_back(*got);
    } else {
      std::swap(taken[random() % taken.size()], taken.back());
      ASSERT_TRUE(allocator.release(taken.back())) << "step " << step;
      naive.release(taken.back().start().value(), taken.back().size());
      taken.pop_back();
    }
    ASSERT_EQ(allocator.free_ranges(), naive.free_ranges()) << "step " << step;
  }
  for (GuestRange each : taken) ASSERT_TRUE(allocator.release(each));
  EXPECT_EQ(allocator.free_ranges(), 1u);
  EXPECT_EQ(allocator.free_bytes(), window.size());
}

}  // namespace
}  // namespace vm_control
