// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/address_map.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(AddressMap, FindsItsItemsByAddress) {
  AddressMap<int> map;
  EXPECT_EQ(map.first_after({}), nullptr);
  EXPECT_EQ(map.last_until(GuestAddress(UINT64_MAX)), nullptr);
  map.insert(GuestAddress(0x3000), 3);
  map.insert(GuestAddress(0x1000), 1);
  EXPECT_EQ(map.first_after({})->second, 1);
  EXPECT_EQ(map.first_after(GuestAddress(0x1000))->second, 3);
  EXPECT_EQ(map.first_after(GuestAddress(0x3000)), nullptr);
  EXPECT_EQ(map.last_until(GuestAddress(0xfff)), nullptr);
  EXPECT_EQ(map.last_until(GuestAddress(0x1000))->second, 1);
  EXPECT_EQ(map.last_until(GuestAddress(0x2fff))->second, 1);
}

TEST(AddressMap, AnErasedItemIsGoneAndItsPlaceIsFree) {
  AddressMap<int> map;
  map.insert(GuestAddress(0x1000), 1);
  map.insert(GuestAddress(0x2000), 2);
  map.erase(GuestAddress(0x1000));
  EXPECT_EQ(map.first_after({})->second, 2);
  map.insert(GuestAddress(0x1000), 5);
  EXPECT_EQ(map.first_after({})->second, 5);
}

}  // namespace
}  // namespace vm_control
