// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/heap_room.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace vm_control {
namespace {

TEST(HeapRoom, IsWhatTheLimitsLeave) {
  EXPECT_TRUE(check_heap_room());
  for (__rlimit_resource resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit saved{};
    ASSERT_EQ(getrlimit(resource, &saved), 0);
    const rlimit low{.rlim_cur = 1 << 20, .rlim_max = saved.rlim_max};
    ASSERT_EQ(setrlimit(resource, &low), 0);
    auto room = check_heap_room();
    ASSERT_EQ(setrlimit(resource, &saved), 0);
    EXPECT_FALSE(room);
    EXPECT_EQ(room.error().code(), ENOMEM);
  }
}

}  // namespace
}  // namespace vm_control
