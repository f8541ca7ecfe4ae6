// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/strong_id.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/slot.h"

namespace vm_control {
namespace {

template <class Left, class Right>
concept Comparable = requires(Left left, Right right) {
  left == right;
};

TEST(StrongId, ComparesByItsValue) {
  EXPECT_EQ(Handle(7), Handle(7));
  EXPECT_LT(Slot(1), Slot(2));
  EXPECT_EQ(Slot(), Slot(0));
  EXPECT_EQ(Handle(7).value(), 7u);
}

TEST(StrongId, IsMixedUpWithNothing) {
  static_assert(Comparable<Handle, Handle>);
  static_assert(!Comparable<Handle, GuestAddress>);
  static_assert(!Comparable<GuestAddress, PageFrameNumber>);
  static_assert(!Comparable<Handle, uint64_t>);
  static_assert(!std::is_convertible_v<uint64_t, Handle>);
  static_assert(!std::is_convertible_v<Handle, uint64_t>);
  static_assert(!std::is_convertible_v<Handle, GuestAddress>);
}

}  // namespace
}  // namespace vm_control
