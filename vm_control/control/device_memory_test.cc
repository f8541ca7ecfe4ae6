// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/device_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "vm_control/base/shared_memory.h"
#include "vm_control/control/fake_virtual_machine.h"
#include "vm_control/control/slots_backing.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

constexpr uint64_t kWindowStart = 0x8000'0000;
constexpr uint64_t kWindowSize = 16 << 20;
constexpr uint32_t kSlots = 4;

class DeviceMemoryTest : public testing::Test {
 protected:
  Result<DeviceMemory::Region> add(uint64_t size) {
    return memory_.add(SharedMemory::create("test", size)->fd(), size);
  }

  FakeVirtualMachine vm_;
  SlotsBacking backing_{vm_};
  DeviceMemory memory_{*GuestRange::create(GuestAddress(kWindowStart), kWindowSize), Slot(2),
                       kSlots, backing_};
};

TEST_F(DeviceMemoryTest, ARegionIsWhereItSaysAndShowsTheBytesOfTheFile) {
  auto shared = SharedMemory::create("test", 8192);
  auto region = memory_.add(shared->fd(), 8192);
  ASSERT_TRUE(region);
  EXPECT_EQ(region->slot, Slot(2));
  EXPECT_EQ(region->range, *GuestRange::create(GuestAddress(kWindowStart), 8192));
  ASSERT_TRUE(vm_.memory.contains(Slot(2)));
  EXPECT_EQ(vm_.memory.at(Slot(2)).range, region->range);
  vm_.memory.at(Slot(2)).host[4096] = std::byte{42};
  auto mapping = MemoryMapping::shared(shared->fd(), 0, 8192);
  EXPECT_EQ(mapping->data()[4096], std::byte{42});
}

TEST_F(DeviceMemoryTest, AddressesAndSlotsAreUsedAgainLowestFirst) {
  auto first = add(4096);
  auto second = add(8192);
  auto third = add(4096);
  ASSERT_TRUE(first && second && third);
  ASSERT_TRUE(memory_.remove(first->slot));
  ASSERT_TRUE(memory_.remove(second->slot));
  auto again = add(3 * 4096);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->range.start(), GuestAddress(kWindowStart));
  EXPECT_EQ(again->slot, first->slot);
}

TEST_F(DeviceMemoryTest, LargeRegionsStartAtAHugePageOfGuestAndHost) {
  ASSERT_TRUE(add(4096));
  auto large = add(kHugePageSize);
  ASSERT_TRUE(large);
  EXPECT_TRUE(large->range.start().is_aligned(kHugePageSize));
  auto host = reinterpret_cast<uintptr_t>(vm_.memory.at(large->slot).host);
  EXPECT_EQ(host % kHugePageSize, 0u);
}

TEST_F(DeviceMemoryTest, WhenTheHypervisorRefusesNothingChanges) {
  size_t fds = count_open_fds();
  for (int code : {EINVAL, ENOMEM, EEXIST}) {
    vm_.fail_next_with = code;
    EXPECT_EQ(add(4096).error().code(), code);
    EXPECT_EQ(memory_.count(), 0u);
    EXPECT_EQ(memory_.free_bytes(), kWindowSize);
  }
  auto region = add(4096);
  ASSERT_TRUE(region);
  EXPECT_EQ(region->slot, Slot(2));
  EXPECT_EQ(region->range.start(), GuestAddress(kWindowStart));
  EXPECT_EQ(count_open_fds(), fds);
}

TEST_F(DeviceMemoryTest, ARemovalThatFailsLeavesTheRegionWhole) {
  auto region = add(4096);
  vm_.fail_next_with = ENOMEM;
  EXPECT_EQ(memory_.remove(region->slot).error().code(), ENOMEM);
  EXPECT_EQ(memory_.count(), 1u);
  EXPECT_TRUE(vm_.memory.contains(region->slot));
  EXPECT_TRUE(memory_.remove(region->slot));
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
}

TEST_F(DeviceMemoryTest, RunsOutOfSlotsAndRecovers) {
  for (uint32_t i = 0; i < kSlots; ++i) ASSERT_TRUE(add(4096));
  EXPECT_EQ(add(4096).error().code(), ENOSPC);
  EXPECT_EQ(memory_.free_bytes(), kWindowSize - kSlots * 4096);
  ASSERT_TRUE(memory_.remove(Slot(3)));
  EXPECT_EQ(add(4096)->slot, Slot(3));
}

TEST_F(DeviceMemoryTest, RunsOutOfAddressesAndRecovers) {
  auto all = add(kWindowSize);
  ASSERT_TRUE(all);
  EXPECT_EQ(add(4096).error().code(), ENOSPC);
  EXPECT_EQ(memory_.count(), 1u);
  ASSERT_TRUE(memory_.remove(all->slot));
  EXPECT_TRUE(add(4096));
}

TEST_F(DeviceMemoryTest, RefusesToRemoveWhatIsNotThere) {
  auto region = add(4096);
  for (uint32_t slot : {0u, 1u, 3u, 6u, UINT32_MAX}) {
    EXPECT_EQ(memory_.remove(Slot(slot)).error().code(), ENOENT) << slot;
  }
  ASSERT_TRUE(memory_.remove(region->slot));
  EXPECT_EQ(memory_.remove(region->slot).error().code(), ENOENT);
}

TEST_F(DeviceMemoryTest, WhatCantBeMappedChangesNothing) {
  auto sealed = SharedMemory::create("test", 4096);
  ASSERT_EQ(fcntl(sealed->fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_EQ(memory_.add(sealed->fd(), 4096).error().code(), EPERM);
  EXPECT_EQ(memory_.add(sealed->fd(), 8192).error().code(), EINVAL);
  EXPECT_EQ(memory_.add(-1, 4096).error().code(), EBADF);
  EXPECT_EQ(memory_.count(), 0u);
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
}

TEST(SlotsBacking, TakesItsRegionsOutOfTheVmBeforeItUnmapsThem) {
  FakeVirtualMachine vm;
  {
    SlotsBacking backing(vm);
    auto shared = SharedMemory::create("test", 4096);
    auto range = *GuestRange::create(GuestAddress(kWindowStart), 4096);
    ASSERT_TRUE(backing.attach(Slot(5), range, shared->fd(), 0));
    ASSERT_EQ(vm.memory.size(), 1u);
  }
  EXPECT_TRUE(vm.memory.empty());
}

}  // namespace
}  // namespace vm_control
