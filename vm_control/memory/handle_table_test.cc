// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/handle_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace vm_control {
namespace {

constexpr uint32_t kCapacity = 1000;

TEST(HandleSource, MakesEachHandleOnceAndNeverTheEmptyOne) {
  HandleSource source(HandleKind::kRegion);
  std::unordered_set<uint64_t> made{Handle().value()};
  for (int i = 0; i < 100'000; ++i) {
    auto index = static_cast<uint16_t>(i % 3);
    auto handle = source.make(index);
    ASSERT_TRUE(handle);
    EXPECT_TRUE(made.insert(handle->value()).second);
    EXPECT_EQ(HandleSource::index_of(*handle), index);
  }
}

TEST(HandleSource, OfTwoKindsMakesDifferentHandles) {
  HandleSource regions(HandleKind::kRegion);
  HandleSource events(HandleKind::kEvent);
  EXPECT_NE(*regions.make(0), *events.make(0));
  EXPECT_NE(*regions.make(65535), *events.make(65535));
}

TEST(HandleSource, IsEmptyAfterTheLastGeneration) {
  HandleSource source(HandleKind::kEvent, HandleSource::kLastGeneration);
  auto last = source.make(65535);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->value(), UINT64_MAX);
  EXPECT_FALSE(source.make(0));
  EXPECT_FALSE(source.make(0));
}

TEST(HandleTable, FindsWhatWasInserted) {
  HandleTable<std::string> table(HandleKind::kRegion, kCapacity);
  Handle one = *table.insert("one");
  Handle two = *table.insert("two");
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(*table.find(one), "one");
  *table.find(two) += "!";
  EXPECT_EQ(*std::as_const(table).find(two), "two!");
}

TEST(HandleTable, GivesUpWhatIsTakenAndForgetsItsHandle) {
  HandleTable<std::unique_ptr<int>> table(HandleKind::kRegion, kCapacity);
  Handle handle = *table.insert(std::make_unique<int>(5));
  auto taken = table.take(handle);
  ASSERT_TRUE(taken);
  EXPECT_EQ(**taken, 5);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.find(handle));
  EXPECT_FALSE(table.take(handle));
  EXPECT_FALSE(table.find(Handle()));
}

TEST(HandleTable, NeverUsesAHandleAgain) {
  HandleTable<int> table(HandleKind::kRegion, 4);
  std::unordered_set<uint64_t> used;
  for (int i = 0; i < 100'000; ++i) {
    Handle handle = *table.insert(0);
    ASSERT_TRUE(used.insert(handle.value()).second);
    ASSERT_TRUE(table.take(handle));
  }
}

TEST(HandleTable, AStaleHandleDoesNotFindWhatTookItsPlace) {
  HandleTable<int> table(HandleKind::kRegion, 1);
  Handle stale = *table.insert(1);
  table.take(stale);
  Handle live = *table.insert(2);
  EXPECT_FALSE(table.find(stale));
  EXPECT_FALSE(table.take(stale));
  EXPECT_EQ(*table.find(live), 2);
}

TEST(HandleTable, AHandleWithAnyBitChangedFindsNothing) {
  HandleTable<int> table(HandleKind::kEvent, HandleTable<int>::kMaxCapacity);
  std::vector<Handle> live;
  for (int i = 0; i < 65536; ++i) live.push_back(*table.insert(int{i}));
  for (Handle handle : {live.front(), live[1], live[40'000], live.back()}) {
    for (int bit = 0; bit < 64; ++bit) {
      EXPECT_FALSE(table.find(Handle(handle.value() ^ uint64_t{1} << bit))) << bit;
    }
  }
}

TEST(HandleTable, AMillionForgedHandlesFindNothing) {
  HandleTable<int> table(HandleKind::kRegion, kCapacity);
  std::set<Handle> live;
  for (uint32_t i = 0; i < kCapacity; ++i) live.insert(*table.insert(0));
  std::mt19937_64 random(47);
  for (int i = 0; i < 1'000'000; ++i) {
    // Half of the forged handles resemble the real ones.
    Handle forged(i % 2 ? random() : random() >> 36);
    if (live.contains(forged)) continue;
    ASSERT_FALSE(table.find(forged)) << forged.value();
  }
  EXPECT_EQ(table.size(), kCapacity);
}

TEST(HandleTable, TheHandlesOfTwoKindsFindNothingInEachOther) {
  HandleTable<int> regions(HandleKind::kRegion, kCapacity);
  HandleTable<int> events(HandleKind::kEvent, kCapacity);
  for (uint32_t i = 0; i < kCapacity; ++i) {
    Handle region = *regions.insert(0);
    Handle event = *events.insert(0);
    EXPECT_FALSE(events.find(region));
    EXPECT_FALSE(regions.find(event));
  }
}

TEST(HandleTable, HoldsAsMuchAsItsCapacityAndLeavesTheRestToTheCaller) {
  HandleTable<std::unique_ptr<int>> table(HandleKind::kRegion, 2);
  Handle first = *table.insert(std::make_unique<int>(1));
  ASSERT_TRUE(table.insert(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_EQ(table.insert(std::move(third)).error().code(), ENOSPC);
  ASSERT_TRUE(third);
  table.take(first);
  EXPECT_TRUE(table.insert(std::move(third)));
  EXPECT_EQ(table.size(), 2u);
}

TEST(HandleTable, HoldsAtMostAsMuchAsAnIndexCanName) {
  HandleTable<int> table(HandleKind::kRegion, UINT32_MAX);
  for (int i = 0; i < 65536; ++i) ASSERT_TRUE(table.insert(0));
  EXPECT_EQ(table.insert(0).error().code(), ENOSPC);
}

TEST(HandleTable, IsFullWhenItsHandlesAreUsedUp) {
  HandleTable<int> table(HandleSource(HandleKind::kRegion, HandleSource::kLastGeneration - 1), 10);
  Handle first = *table.insert(1);
  Handle second = *table.insert(2);
  EXPECT_EQ(table.insert(3).error().code(), ENOSPC);
  ASSERT_TRUE(table.take(first));
  EXPECT_EQ(table.insert(3).error().code(), ENOSPC);
  EXPECT_EQ(*table.find(second), 2);
  EXPECT_EQ(table.size(), 1u);
}

TEST(HandleTable, ShowsEachThingOnceWithItsHandle) {
  HandleTable<int> table(HandleKind::kRegion, kCapacity);
  std::vector<Handle> handles;
  for (int i = 0; i < 10; ++i) handles.push_back(*table.insert(int{i}));
  table.take(handles[3]);
  std::set<int> seen;
  table.for_each([&](Handle handle, int& value) {
    EXPECT_EQ(handle, handles[static_cast<size_t>(value)]);
    EXPECT_TRUE(seen.insert(value).second);
  });
  EXPECT_EQ(seen.size(), 9u);
  EXPECT_FALSE(seen.contains(3));
}

TEST(HandleTable, AgreesWithAListOverManyInsertionsAndRemovals) {
  HandleTable<uint64_t> table(HandleKind::kEvent, 300);
  std::vector<std::pair<Handle, uint64_t>> expected;
  std::mt19937_64 random(1998);
  for (int step = 0; step < 200'000; ++step) {
    if (random() % 100 < 51) {
      auto value = random();
      auto handle = table.insert(uint64_t{value});
      ASSERT_EQ(handle.has_value(), expected.size() < 300);
      if (handle) expected.emplace_back(*handle, value);
    } else if (!expected.empty()) {
      std::swap(expected[random() % expected.size()], expected.back());
      ASSERT_EQ(table.take(expected.back().first), expected.back().second);
      expected.pop_back();
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  for (auto [handle, value] : expected) ASSERT_EQ(*table.find(handle), value);
}

}  // namespace
}  // namespace vm_control
