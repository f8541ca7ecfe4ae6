// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/balloon_status.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(BalloonState, HasAWordForEveryNumber) {
  EXPECT_STREQ(to_string(BalloonState::kAbsent), "absent");
  EXPECT_STREQ(to_string(BalloonState::kNotReady), "not ready");
  EXPECT_STREQ(to_string(BalloonState::kIdle), "idle");
  EXPECT_STREQ(to_string(BalloonState::kAdjusting), "adjusting");
  EXPECT_STREQ(to_string(BalloonState::kStuck), "stuck");
  EXPECT_STREQ(to_string(BalloonState::kUnknown), "unknown");
  EXPECT_STREQ(to_string(BalloonState{77}), "unknown");
}

}  // namespace
}  // namespace vm_control
