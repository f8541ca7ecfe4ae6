// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/rate_limiter.h"

#include <gtest/gtest.h>

#include <chrono>

namespace vm_control {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class RateLimiterTest : public testing::Test {
 protected:
  int allowed(RateLimiter& limiter, int times) {
    int count = 0;
    for (int i = 0; i < times; ++i) count += limiter.allow(now_);
    return count;
  }

  RateLimiter::Clock::time_point now_{hours(1000)};
};

TEST_F(RateLimiterTest, AllowsABurstAndNoMore) {
  RateLimiter limiter(1, 5);
  EXPECT_EQ(allowed(limiter, 100), 5);
}

TEST_F(RateLimiterTest, AllowsTheRateInTheLongRun) {
  RateLimiter limiter(10, 5);
  int count = 0;
  for (int i = 0; i < 10'000; ++i) {
    count += limiter.allow(now_);
    now_ += milliseconds(1);
  }
  EXPECT_GE(count, 100);
  EXPECT_LE(count, 106);
}

TEST_F(RateLimiterTest, SavesUpNoMoreThanABurst) {
  RateLimiter limiter(10, 5);
  allowed(limiter, 5);
  now_ += hours(100);
  EXPECT_EQ(allowed(limiter, 100), 5);
}

TEST_F(RateLimiterTest, AllowsOneAfterTheTimeOfOneAndNotBefore) {
  RateLimiter limiter(2, 1);
  EXPECT_EQ(allowed(limiter, 2), 1);
  now_ += milliseconds(500) - nanoseconds(1);
  EXPECT_EQ(allowed(limiter, 2), 0);
  now_ += nanoseconds(1);
  EXPECT_EQ(allowed(limiter, 2), 1);
}

TEST_F(RateLimiterTest, AClockThatGoesBackGivesNothing) {
  RateLimiter limiter(1, 1);
  allowed(limiter, 1);
  now_ -= seconds(100);
  EXPECT_EQ(allowed(limiter, 5), 0);
  now_ += seconds(100);
  EXPECT_EQ(allowed(limiter, 5), 0);
  now_ += seconds(1);
  EXPECT_EQ(allowed(limiter, 5), 1);
}

TEST_F(RateLimiterTest, CountsWhatItSuppressed) {
  RateLimiter limiter(1, 5);
  EXPECT_EQ(limiter.take_suppressed(), 0u);
  allowed(limiter, 12);
  EXPECT_EQ(limiter.take_suppressed(), 7u);
  EXPECT_EQ(limiter.take_suppressed(), 0u);
}

TEST_F(RateLimiterTest, WithoutARateAllowsOneBurst) {
  RateLimiter limiter(0, 2);
  EXPECT_EQ(allowed(limiter, 10), 2);
  now_ += hours(1000);
  EXPECT_EQ(allowed(limiter, 10), 0);
  RateLimiter never(10, 0);
  EXPECT_EQ(allowed(never, 10), 0);
}

}  // namespace
}  // namespace vm_control
