// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/heap_room.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "vm_control/base/test_limit.h"

namespace vm_control {
namespace {

TEST(HeapRoom, IsWhatTheLimitsLeave) {
  EXPECT_TRUE(check_heap_room());
  for (__rlimit_resource resource : {RLIMIT_AS, RLIMIT_DATA}) {
    auto room = [resource] {
      LowLimit limit(resource, 1 << 20);
      return check_heap_room();
    }();
    EXPECT_FALSE(room);
    EXPECT_EQ(room.error().code(), ENOMEM);
  }
}

}  // namespace
}  // namespace vm_control
