// SPDX-License-Identifier: BSD-3-Clause
#include "guest/monitor_image.h"

#include <gtest/gtest.h>

namespace vm_control::guest {
namespace {

TEST(MonitorImage, StartsWithTheEntry) {
  constexpr std::byte kCli{0xfa};
  constexpr std::byte kCld{0xfc};
  ASSERT_GT(monitor_image().size(), 2u);
  EXPECT_EQ(monitor_image()[0], kCli);
  EXPECT_EQ(monitor_image()[1], kCld);
}

TEST(MonitorImage, FitsInTheMemoryItAsksFor) {
  EXPECT_LT(monitor_image().size(), kMonitorMemorySize);
}

}  // namespace
}  // namespace vm_control::guest
