// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/check.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(Check, PassesWhatHolds) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, EndsTheProgramAndNamesTheRule) {
  EXPECT_DEATH(CHECK(2 + 2 == 5), "check_test.cc:[0-9]+: broken rule: 2 \\+ 2 == 5");
}

}  // namespace
}  // namespace vm_control
