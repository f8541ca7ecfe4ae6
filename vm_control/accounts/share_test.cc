// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/share.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(Share, IsAtMostWhatIsLeft) {
  EXPECT_TRUE(is_fair_share(0, 50, 100, 1));
  EXPECT_FALSE(is_fair_share(0, 51, 100, 1));
  EXPECT_FALSE(is_fair_share(50, 1, 50, 1));
  EXPECT_TRUE(is_fair_share(0, 25, 50, 1)) << "another's";
}

TEST(Share, HasTheSmallestAmountWhileThatIsThere) {
  EXPECT_TRUE(is_fair_share(0, 4, 4, 4));
  EXPECT_FALSE(is_fair_share(0, 4, 3, 4));
  EXPECT_FALSE(is_fair_share(4, 4, 4, 4));
}

TEST(Share, DoesNotOverflow) {
  EXPECT_FALSE(is_fair_share(1, UINT64_MAX, 100, 1));
}

}  // namespace
}  // namespace vm_control
