// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_progress.h"

#include <gtest/gtest.h>

#include "vm_control/base/page.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BalloonProgressTest : public testing::Test {
 protected:
  // A guest with a driver that has been asked for 100 pages.
  void ask_for_100() {
    progress_.set_driver_ready(true, now_);
    ASSERT_TRUE(progress_.set_target(100, now_));
  }
  void tell(uint64_t pages) { progress_.set_actual(pages, now_); }
  BalloonState state() const { return progress_.status(now_).state; }
  uint32_t age() const { return progress_.status(now_).age_ms; }

  BalloonProgress::Clock::time_point now_{seconds(1000)};
  BalloonProgress progress_{1000, now_};
};

TEST_F(BalloonProgressTest, WithoutADriverItIsNotReadyAndNothingCanBeAsked) {
  EXPECT_EQ(state(), BalloonState::kNotReady);
  EXPECT_EQ(progress_.adjust(1, now_).error().code(), ENOTCONN);
  EXPECT_EQ(progress_.set_target(1, now_).error().code(), ENOTCONN);
  tell(7);
  EXPECT_EQ(progress_.target_pages(), 0u);
  EXPECT_EQ(progress_.actual_pages(), 0u);
}

TEST_F(BalloonProgressTest, TheTargetCountsInBytesAndSaturates) {
  ask_for_100();
  EXPECT_EQ(progress_.status(now_).target_bytes, 100 * kPageSize);
  ASSERT_TRUE(progress_.adjust(-30, now_));
  EXPECT_EQ(progress_.target_pages(), 70u);
  ASSERT_TRUE(progress_.set_target(UINT64_MAX, now_));
  EXPECT_EQ(progress_.target_pages(), 1000u);
  tell(40);
  EXPECT_EQ(progress_.status(now_).actual_bytes, 40 * kPageSize);
  tell(UINT32_MAX);
  EXPECT_EQ(progress_.actual_pages(), 1000u) << "a guest that lies";
}

TEST_F(BalloonProgressTest, ItIsAdjustingUntilTheGuestIsThere) {
  ask_for_100();
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  now_ += seconds(4);
  tell(60);
  EXPECT_EQ(age(), 0u);
  now_ += seconds(4);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  EXPECT_EQ(age(), 4000u);
  tell(100);
  EXPECT_EQ(state(), BalloonState::kIdle);
  now_ += seconds(60);
  EXPECT_EQ(state(), BalloonState::kIdle);
  EXPECT_EQ(age(), 60'000u);
}

TEST_F(BalloonProgressTest, ItIsStuckAfterFiveSecondsWithoutProgress) {
  ask_for_100();
  tell(60);
  auto stuck_at = progress_.stuck_at(now_);
  ASSERT_TRUE(stuck_at);
  now_ = *stuck_at - milliseconds(1);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  now_ = *stuck_at;
  EXPECT_EQ(state(), BalloonState::kStuck);
  EXPECT_EQ(age(), 5000u);
  EXPECT_EQ(progress_.actual_pages(), 60u) << "how far it came";
  EXPECT_FALSE(progress_.stuck_at(now_));
  tell(61);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
}

TEST_F(BalloonProgressTest, OneStepForwardAndOneBackIsNoProgress) {
  ask_for_100();
  tell(61);
  for (int second = 0; second < 5; ++second) {
    now_ += seconds(1);
    tell(60);
    tell(61);
  }
  EXPECT_EQ(state(), BalloonState::kStuck);
}

TEST_F(BalloonProgressTest, AGuestThatLeavesItsTargetHasFiveSecondsToComeBack) {
  ask_for_100();
  tell(100);
  now_ += seconds(60);
  tell(90);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  EXPECT_EQ(age(), 0u);
  now_ += seconds(4);
  tell(91);
  EXPECT_EQ(age(), 0u) << "nearer than it was since it left";
  now_ += seconds(5);
  EXPECT_EQ(state(), BalloonState::kStuck);
}

TEST_F(BalloonProgressTest, ANewTargetBeginsAgainAndTheSameOneDoesNot) {
  ask_for_100();
  now_ += seconds(5);
  ASSERT_TRUE(progress_.set_target(100, now_));
  ASSERT_TRUE(progress_.adjust(0, now_));
  EXPECT_EQ(state(), BalloonState::kStuck);
  ASSERT_TRUE(progress_.adjust(1, now_));
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  ASSERT_TRUE(progress_.set_target(0, now_));
  EXPECT_EQ(state(), BalloonState::kIdle) << "it had not begun";
}

TEST_F(BalloonProgressTest, ADeflatingBalloonMakesProgressToo) {
  ask_for_100();
  tell(100);
  ASSERT_TRUE(progress_.set_target(10, now_));
  now_ += seconds(3);
  tell(50);
  EXPECT_EQ(age(), 0u);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  tell(10);
  EXPECT_EQ(state(), BalloonState::kIdle);
}

TEST_F(BalloonProgressTest, ADriverThatBeginsAnewFindsTheTarget) {
  ask_for_100();
  tell(90);
  now_ += seconds(5);
  progress_.set_driver_ready(false, now_);
  EXPECT_EQ(state(), BalloonState::kNotReady);
  EXPECT_EQ(progress_.actual_pages(), 0u);
  EXPECT_EQ(progress_.target_pages(), 100u);
  now_ += seconds(5);
  progress_.set_driver_ready(true, now_);
  EXPECT_EQ(state(), BalloonState::kAdjusting);
  now_ += seconds(3);
  tell(20);
  EXPECT_EQ(age(), 0u) << "it need not come as far as the one before";
}

TEST(AgeMs, IsCutToWhatTheWireHas) {
  std::chrono::steady_clock::time_point begin{seconds(10)};
  EXPECT_EQ(age_ms(begin, begin + milliseconds(1234)), 1234u);
  EXPECT_EQ(age_ms(begin, begin - seconds(1)), 0u);
  EXPECT_EQ(age_ms(begin, begin + std::chrono::hours(24 * 60)), UINT32_MAX);
}

}  // namespace
}  // namespace vm_control
