// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/time_budget.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimeBudget::Clock::time_point kStart{seconds(1000)};

TEST(TimeBudget, AllowsASecondAtOnce) {
  TimeBudget budget;
  budget.spend(milliseconds(501), kStart);
  budget.spend(milliseconds(501), kStart);
  EXPECT_FALSE(budget.is_overdrawn(kStart));
  budget.spend(milliseconds(2), kStart);
  EXPECT_TRUE(budget.is_overdrawn(kStart));
}

TEST(TimeBudget, GivesATenthOfTheTimeBack) {
  TimeBudget budget;
  budget.spend(milliseconds(2001), kStart);
  EXPECT_TRUE(budget.is_overdrawn(kStart + milliseconds(9999)));
  EXPECT_FALSE(budget.is_overdrawn(kStart + seconds(10)));
  budget.spend(milliseconds(1001), kStart + seconds(100));
  EXPECT_FALSE(budget.is_overdrawn(kStart + seconds(100))) << "and a second is the most";
  budget.spend(milliseconds(2), kStart + seconds(100));
  EXPECT_TRUE(budget.is_overdrawn(kStart + seconds(100)));
}

TEST(TimeBudget, WhatIsQuickIsFree) {
  TimeBudget budget;
  for (int i = 0; i < 1'000'000; ++i) budget.spend(milliseconds(1), kStart);
  EXPECT_FALSE(budget.is_overdrawn(kStart));
}

}  // namespace
}  // namespace vm_control
