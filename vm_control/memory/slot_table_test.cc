// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/slot_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace vm_control {
namespace {

TEST(SlotTable, GivesTheLowestFreeSlot) {
  SlotTable table(Slot(2), 10);
  EXPECT_EQ(*table.take(), Slot(2));
  EXPECT_EQ(*table.take(), Slot(3));
  EXPECT_EQ(*table.take(), Slot(4));
  ASSERT_TRUE(table.release(Slot(3)));
  EXPECT_EQ(*table.take(), Slot(3));
  EXPECT_EQ(*table.take(), Slot(5));
}

TEST(SlotTable, IsFullExactlyAtItsCapacity) {
  for (uint32_t count : {1u, 63u, 64u, 65u, 509u, 4096u, 32764u}) {
    SlotTable table(Slot(1), count);
    for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(*table.take(), Slot(1 + i));
    EXPECT_EQ(table.take().error().code(), ENOSPC);
    ASSERT_TRUE(table.release(Slot(count)));
    EXPECT_EQ(*table.take(), Slot(count));
  }
}

TEST(SlotTable, WithoutCapacityNothingIsFree) {
  EXPECT_EQ(SlotTable(Slot(1), 0).take().error().code(), ENOSPC);
  EXPECT_EQ(SlotTable(Slot(1), 0).release(Slot(1)).error().code(), ENOENT);
}

TEST(SlotTable, RefusesToReleaseWhatIsNotTaken) {
  SlotTable table(Slot(2), 2);
  ASSERT_TRUE(table.take());
  for (uint32_t slot : {0u, 1u, 3u, 4u, UINT32_MAX}) {
    EXPECT_EQ(table.release(Slot(slot)).error().code(), ENOENT) << slot;
  }
  ASSERT_TRUE(table.release(Slot(2)));
  EXPECT_EQ(table.release(Slot(2)).error().code(), ENOENT);
  EXPECT_EQ(table.taken(), 0u);
}

TEST(SlotTable, AgreesWithASetOfFreeNumbers) {
  constexpr uint32_t kCount = 5000;
  SlotTable table(Slot(0), kCount);
  std::set<uint32_t> free;
  for (uint32_t i = 0; i < kCount; ++i) free.insert(i);
  std::mt19937 random(1);
  for (int step = 0; step < 100'000; ++step) {
    if (random() % 2) {
      auto slot = table.take();
      ASSERT_EQ(slot.has_value(), !free.empty());
      if (!slot) continue;
      ASSERT_EQ(slot->value(), *free.begin());
      free.erase(free.begin());
    } else {
      auto slot = static_cast<uint32_t>(random() % kCount);
      ASSERT_EQ(table.release(Slot(slot)).has_value(), free.insert(slot).second);
    }
  }
}

}  // namespace
}  // namespace vm_control
