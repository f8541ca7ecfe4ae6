// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/ring_buffer.h"

#include <gtest/gtest.h>

#include <memory>

namespace vm_control {
namespace {

TEST(RingBuffer, GivesBackInOrderHoweverOftenItWrapsAround) {
  RingBuffer<int, 3> ring;
  int pushed = 0;
  int popped = 0;
  for (int round = 0; round < 5; ++round) {
    while (!ring.full()) ring.push(pushed++);
    EXPECT_EQ(ring.size(), 3u);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(ring.front(), popped++);
      ring.pop();
    }
  }
  EXPECT_EQ(ring.size(), 1u);
  EXPECT_EQ(ring.front(), popped);
  ring.pop();
  EXPECT_TRUE(ring.empty());
}

TEST(RingBuffer, DestroysWhatIsPopped) {
  RingBuffer<std::shared_ptr<int>, 2> ring;
  auto owned = std::make_shared<int>(1);
  ring.push(owned);
  ring.pop();
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace vm_control
