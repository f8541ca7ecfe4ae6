// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/balloon_room.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

constexpr uint64_t kRoomMiB = 1 << 20;

TEST(BalloonRoom, LeavesAReserve) {
  EXPECT_EQ(balloon_room({.available_bytes = 100 * kRoomMiB}), 36 * kRoomMiB);
  EXPECT_EQ(balloon_room({.available_bytes = 100 * kRoomMiB, .total_bytes = 128 * kRoomMiB}),
            84 * kRoomMiB);
  EXPECT_EQ(balloon_room({.available_bytes = 500 * kRoomMiB, .total_bytes = 1600 * kRoomMiB}),
            300 * kRoomMiB);
  EXPECT_EQ(balloon_room({.available_bytes = 500 * kRoomMiB, .total_bytes = 16'000 * kRoomMiB}),
            244 * kRoomMiB);
}

TEST(BalloonRoom, IsNoneInsideTheReserve) {
  EXPECT_EQ(balloon_room({.available_bytes = 64 * kRoomMiB}), 0u);
  EXPECT_EQ(balloon_room({.available_bytes = 1}), 0u);
}

TEST(BalloonRoom, IsUnknownIfTheGuestDoesNotSay) {
  EXPECT_EQ(balloon_room({.free_bytes = 100 * kRoomMiB, .total_bytes = 128 * kRoomMiB}),
            std::nullopt);
}

}  // namespace
}  // namespace vm_control::vmctl
