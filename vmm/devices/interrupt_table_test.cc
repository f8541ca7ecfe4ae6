// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/interrupt_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace vm_control::vmm {
namespace {

TEST(InterruptTable, GivesEachInterruptOnce) {
  InterruptTable table;
  auto line = table.take(4);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->gsi(), 4u);
  EXPECT_EQ(table.take(4).error().code(), EEXIST);
  EXPECT_TRUE(table.take(5));
}

TEST(InterruptTable, RefusesInterruptsThatAreNoneOrKvmsOwn) {
  InterruptTable table;
  EXPECT_EQ(table.take(InterruptTable::kGsis).error().code(), EINVAL);
  EXPECT_EQ(table.take(UINT32_MAX).error().code(), EINVAL);
  EXPECT_EQ(table.take(0).error().code(), EEXIST);
  EXPECT_EQ(table.take(2).error().code(), EEXIST);
}

TEST(InterruptTable, AllocatesTheLowestFreeOneUntilNoneIsLeft) {
  InterruptTable table;
  auto fixed = table.take(6);
  std::vector<Interrupt> given;
  for (uint32_t gsi : {5u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u}) {
    given.push_back(*table.allocate());
    EXPECT_EQ(given.back().gsi(), gsi);
  }
  EXPECT_EQ(table.allocate().error().code(), ENOSPC);
  EXPECT_EQ(table.take(10).error().code(), EEXIST);
  EXPECT_TRUE(table.take(4));
}

TEST(InterruptTable, TakesAnInterruptBackWhenItsOwnerGoes) {
  InterruptTable table;
  std::optional<Interrupt> first = *table.allocate();
  Interrupt second = *table.allocate();
  first.reset();
  EXPECT_EQ(table.allocate()->gsi(), 5u);
  {
    Interrupt moved = std::move(second);
    EXPECT_EQ(table.take(6).error().code(), EEXIST);
  }
  EXPECT_TRUE(table.take(17));
}

TEST(Interrupt, SignalsItsEventAtEachEdge) {
  InterruptTable table;
  Interrupt line = *table.take(4);
  EventFd event = *line.event().duplicate();
  line.raise();
  line.raise();
  EXPECT_EQ(event.take(), 2u);
}

}  // namespace
}  // namespace vm_control::vmm
