// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace vm_control {
namespace {

TEST(BalloonTarget, StartsAtZeroAndMovesByWhatIsAsked) {
  BalloonTarget target(100);
  EXPECT_EQ(target.pages(), 0u);
  EXPECT_EQ(target.adjust(5), 5);
  EXPECT_EQ(target.adjust(-3), -3);
  EXPECT_EQ(target.pages(), 2u);
}

TEST(BalloonTarget, SaturatesAtZeroAndAtTheSizeOfRam) {
  BalloonTarget target(100);
  EXPECT_EQ(target.adjust(-1), 0);
  EXPECT_EQ(target.adjust(70), 70);
  EXPECT_EQ(target.adjust(70), 30);
  EXPECT_EQ(target.pages(), 100u);
  EXPECT_EQ(target.adjust(1), 0);
  EXPECT_EQ(target.adjust(-60), -60);
  EXPECT_EQ(target.adjust(-60), -40);
  EXPECT_EQ(target.pages(), 0u);
}

TEST(BalloonTarget, IsSetToWhatIsAskedOrToTheSizeOfRam) {
  BalloonTarget target(100);
  EXPECT_TRUE(target.set(40));
  EXPECT_FALSE(target.set(40)) << "it is there already";
  EXPECT_EQ(target.pages(), 40u);
  EXPECT_TRUE(target.set(UINT64_MAX));
  EXPECT_EQ(target.pages(), 100u);
  EXPECT_FALSE(target.set(101));
  EXPECT_TRUE(target.set(0));
  EXPECT_EQ(target.pages(), 0u);
}

TEST(BalloonTarget, TakesTheLargestSteps) {
  BalloonTarget target(UINT64_MAX);
  EXPECT_EQ(target.adjust(INT32_MAX), INT32_MAX);
  EXPECT_EQ(target.adjust(INT32_MAX), INT32_MAX);
  EXPECT_EQ(target.pages(), 4294967294u);
  EXPECT_EQ(target.adjust(INT32_MIN), INT32_MIN);
  EXPECT_EQ(target.pages(), 2147483646u);
  EXPECT_EQ(target.adjust(INT32_MIN), -2147483646);
  EXPECT_EQ(target.pages(), 0u);
}

TEST(BalloonTarget, WithoutRamStaysAtZero) {
  BalloonTarget target(0);
  EXPECT_EQ(target.adjust(INT32_MAX), 0);
  EXPECT_EQ(target.adjust(INT32_MIN), 0);
  EXPECT_EQ(target.pages(), 0u);
}

TEST(BalloonTarget, AgreesWithASumClampedInMoreBits) {
  constexpr int64_t kRam = int64_t{1} << 32;
  BalloonTarget target(kRam);
  int64_t expected = 0;
  std::mt19937 random(1);
  for (int step = 0; step < 100'000; ++step) {
    auto num_pages = static_cast<int32_t>(random());
    int64_t next = std::clamp(expected + num_pages, int64_t{0}, kRam);
    ASSERT_EQ(target.adjust(num_pages), next - expected);
    ASSERT_EQ(target.pages(), static_cast<uint64_t>(next));
    expected = next;
  }
}

}  // namespace
}  // namespace vm_control
