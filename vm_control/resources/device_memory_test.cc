// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/device_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/resources/fake_virtual_machine.h"
#include "vm_control/resources/memslot_mapper.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

constexpr uint64_t kWindowStart = 0x8000'0000;
constexpr uint64_t kWindowSize = 16 << 20;
constexpr uint32_t kSlots = 4;

class DeviceMemoryTest : public testing::Test {
 protected:
  struct Added {
    GuestRange range;
    Slot slot;
    Handle handle;
  };

  Result<Added> add(const DeviceMemory::RegionSpec& spec) {
    auto region = memory_.add(spec, *account_);
    if (!region) return tl::unexpected(region.error());
    return Added{region->range, region->slot, region->handle};
  }
  Result<Added> add(int fd, uint64_t size) {
    return add({.source = {.fd = fd, .size = size}, .owner = owner_});
  }
  Result<Added> add(uint64_t size) { return add(SharedMemory::create("test", size)->fd(), size); }
  Result<Added> add_at(uint64_t address, uint64_t size) {
    auto memory = SharedMemory::create("test", size);
    return add({.source = {.fd = memory->fd(), .size = size},
                .at = GuestAddress(address),
                .owner = owner_});
  }

  Result<void> remove(Slot slot) { return memory_.remove(slot, admin_); }
  Result<std::vector<uint64_t>> take_dirty_log(Handle handle) {
    return memory_.take_dirty_log(handle, admin_);
  }

  Caller admin_{.owner = {}, .rights = Right::kAdmin};
  std::shared_ptr<Account> account_ =
      std::make_shared<Account>(Resources{.regions = 100, .bytes = 1 << 30});
  Owner owner_{.id = OwnerId(7), .who = {.pid = 70, .uid = 71, .gid = 72}};

  FakeVirtualMachine vm_;
  MemslotMapper mapper_{vm_};
  DeviceMemory memory_{
      {.window = {*GuestRange::create(GuestAddress(kWindowStart), kWindowSize), mapper_}},
      Slot(2),
      kSlots,
      *MountTable::create()};
};

TEST_F(DeviceMemoryTest, ARegionIsWhereItSaysAndShowsTheBytesOfTheFile) {
  auto shared = SharedMemory::create("test", 8192);
  auto region = add(shared->fd(), 8192);
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
  ASSERT_TRUE(remove(first->slot));
  ASSERT_TRUE(remove(second->slot));
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
  EXPECT_EQ(remove(region->slot).error().code(), ENOMEM);
  EXPECT_EQ(memory_.count(), 1u);
  EXPECT_TRUE(vm_.memory.contains(region->slot));
  EXPECT_TRUE(remove(region->slot));
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
}

TEST_F(DeviceMemoryTest, RunsOutOfSlotsAndRecovers) {
  for (uint32_t i = 0; i < kSlots; ++i) ASSERT_TRUE(add(4096));
  EXPECT_EQ(add(4096).error().code(), ENOSPC);
  EXPECT_EQ(memory_.free_bytes(), kWindowSize - kSlots * 4096);
  ASSERT_TRUE(remove(Slot(3)));
  EXPECT_EQ(add(4096)->slot, Slot(3));
}

TEST_F(DeviceMemoryTest, RunsOutOfAddressesAndRecovers) {
  auto all = add(kWindowSize);
  ASSERT_TRUE(all);
  EXPECT_EQ(add(4096).error().code(), ENOSPC);
  EXPECT_EQ(memory_.count(), 1u);
  ASSERT_TRUE(remove(all->slot));
  EXPECT_TRUE(add(4096));
}

TEST_F(DeviceMemoryTest, RefusesToRemoveWhatIsNotThere) {
  auto region = add(4096);
  for (uint32_t slot : {0u, 1u, 3u, 6u, UINT32_MAX}) {
    EXPECT_EQ(remove(Slot(slot)).error().code(), ENOENT) << slot;
  }
  ASSERT_TRUE(remove(region->slot));
  EXPECT_EQ(remove(region->slot).error().code(), ENOENT);
}

TEST_F(DeviceMemoryTest, WhatCantBeMappedChangesNothing) {
  auto sealed = SharedMemory::create("test", 4096);
  ASSERT_EQ(fcntl(sealed->fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_EQ(add(sealed->fd(), 4096).error().code(), EPERM);
  EXPECT_EQ(add(sealed->fd(), 8192).error().code(), EINVAL);
  EXPECT_EQ(add(-1, 4096).error().code(), EBADF);
  EXPECT_EQ(memory_.count(), 0u);
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
}

TEST_F(DeviceMemoryTest, ARegionCanBeAskedForAtAnAddress) {
  auto region = add_at(kWindowStart + 0x5000, 8192);
  ASSERT_TRUE(region);
  EXPECT_EQ(region->range.start(), GuestAddress(kWindowStart + 0x5000));
  EXPECT_EQ(add_at(kWindowStart + 0x6000, 4096).error().code(), EEXIST);
  EXPECT_EQ(add_at(kWindowStart + 0x4000, 8192).error().code(), EEXIST);
  EXPECT_EQ(add_at(kWindowStart + 0x5800, 4096).error().code(), EINVAL);
  EXPECT_EQ(add_at(kWindowStart + kWindowSize, 4096).error().code(), ERANGE);
  EXPECT_EQ(add_at(kWindowStart - 4096, 4096).error().code(), ERANGE);
  EXPECT_EQ(add_at(UINT64_MAX - 4095, 8192).error().code(), EINVAL);
  EXPECT_EQ(memory_.count(), 1u);
  ASSERT_TRUE(remove(region->slot));
  EXPECT_TRUE(add_at(kWindowStart + 0x6000, 4096));
}

TEST_F(DeviceMemoryTest, AHandleNamesOneRegionAndIsNeverUsedAgain) {
  auto first = add(4096);
  ASSERT_TRUE(first);
  EXPECT_EQ(memory_.find(first->handle)->slot, first->slot);
  ASSERT_TRUE(remove(first->slot));
  EXPECT_FALSE(memory_.find(first->handle));
  auto second = add(4096);
  ASSERT_EQ(second->slot, first->slot);
  EXPECT_NE(second->handle, first->handle);
  EXPECT_FALSE(memory_.find(first->handle));
  EXPECT_FALSE(memory_.find(Handle()));
}

TEST_F(DeviceMemoryTest, TellsItsRegionsInTheOrderOfTheirAddresses) {
  auto high = add_at(kWindowStart + 0x9000, 4096);
  auto low = add(4096);
  auto next = memory_.next_after({});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->handle, low->handle);
  EXPECT_EQ(next->owner, owner_);
  next = memory_.next_after(next->range.start());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->handle, high->handle);
  EXPECT_FALSE(memory_.next_after(next->range.start()));
  EXPECT_FALSE(memory_.next_after(GuestAddress(UINT64_MAX)));
}

TEST_F(DeviceMemoryTest, AnOwnerThatEndsLeavesNothing) {
  auto fds = count_open_fds();
  for (uint64_t pages : {1u, 2u, 3u}) ASSERT_TRUE(add(pages * 4096));
  Owner vm;
  auto detached = SharedMemory::create("test", 4096);
  auto kept = add({.source = {.fd = detached->fd(), .size = 4096}, .owner = vm});
  ASSERT_TRUE(kept);
  EXPECT_EQ(memory_.remove_all_of(owner_.id), 0u);
  EXPECT_EQ(memory_.count(), 1u);
  EXPECT_EQ(memory_.next_after({})->handle, kept->handle);
  EXPECT_EQ(account_->used(), (Resources{.regions = 1, .bytes = 4096}));
  ASSERT_TRUE(remove(kept->slot));
  EXPECT_EQ(account_->used(), Resources{});
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
  EXPECT_EQ(count_open_fds(), fds + 1) << "the memory of this test";
}

TEST_F(DeviceMemoryTest, WhatTheHypervisorKeepsOfAnOwnerThatEndsIsTheVms) {
  ASSERT_TRUE(add(4096));
  vm_.fail_next_with = EIO;
  EXPECT_EQ(memory_.remove_all_of(owner_.id), 1u);
  auto kept = memory_.next_after({});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->owner.id, OwnerId::kVm);
  EXPECT_EQ(account_->used(), Resources{});
}

TEST_F(DeviceMemoryTest, NobodyTakesMoreAddressesThanAreLeft) {
  auto add_for = [&](uint64_t held, uint64_t size) {
    auto memory = SharedMemory::create("test", size);
    return add({.source = {.fd = memory->fd(), .size = size},
                .owner = owner_,
                .held = Resources{.bytes = held}});
  };
  EXPECT_EQ(add_for(0, kWindowSize / 2 + kPageSize).error().code(), ENOSPC);
  EXPECT_EQ(memory_.count(), 0u);
  ASSERT_TRUE(add_for(0, kWindowSize / 2));
  EXPECT_EQ(add_for(kWindowSize / 2, kPageSize).error().code(), ENOSPC);
  EXPECT_TRUE(add_for(0, kWindowSize / 4)) << "another's";
}

TEST_F(DeviceMemoryTest, NobodyTakesMoreSlotsThanAreLeft) {
  auto add_for = [&](uint32_t held) {
    auto memory = SharedMemory::create("test", kPageSize);
    return add({.source = {.fd = memory->fd(), .size = kPageSize},
                .owner = owner_,
                .held = Resources{.regions = held}});
  };
  for (uint32_t held = 0; held < kSlots / 2; ++held) ASSERT_TRUE(add_for(held)) << held;
  EXPECT_EQ(add_for(kSlots / 2).error().code(), ENOSPC);
  EXPECT_TRUE(add_for(0)) << "another's";
}

TEST_F(DeviceMemoryTest, AnAccountWithoutRoomIsRefused) {
  auto account = std::make_shared<Account>(Resources{.regions = 2, .bytes = 3 * 4096});
  auto add_pages = [&](uint64_t pages) {
    auto memory = SharedMemory::create("test", pages * 4096);
    return memory_.add({.source = {.fd = memory->fd(), .size = pages * 4096}}, *account);
  };
  EXPECT_EQ(add_pages(4).error().code(), EDQUOT);
  ASSERT_TRUE(add_pages(2));
  ASSERT_TRUE(add_pages(1));
  EXPECT_EQ(add_pages(1).error().code(), EDQUOT);
  EXPECT_EQ(memory_.count(), 2u);
}

TEST_F(DeviceMemoryTest, MemoryThatVanishesIsReplacedByFiller) {
  UniqueFd file = make_unsealable_memory(8192);
  auto sealed = add(8192);
  auto shrinkable = add(file.get(), 8192);
  ASSERT_TRUE(sealed && shrinkable);
  EXPECT_TRUE(memory_.has_shrinkable());
  EXPECT_EQ(memory_.quarantine_vanished({}), 0u);
  resize(file, 4096);
  EXPECT_EQ(memory_.quarantine_vanished({}), 1u);
  EXPECT_TRUE(memory_.find(shrinkable->handle)->quarantined);
  EXPECT_FALSE(memory_.find(sealed->handle)->quarantined);
  EXPECT_FALSE(vm_.memory.contains(shrinkable->slot));
  EXPECT_TRUE(memory_.is_quarantined(shrinkable->range.start()));
  EXPECT_FALSE(memory_.is_quarantined(sealed->range.start()));
  EXPECT_FALSE(memory_.has_shrinkable());
  EXPECT_EQ(memory_.quarantine_vanished({}), 0u) << "once";
  EXPECT_EQ(take_dirty_log(shrinkable->handle).error().code(), EINVAL);
}

TEST_F(DeviceMemoryTest, TellsWhetherThereIsMemoryThatCanVanish) {
  std::vector<bool> told;
  memory_.set_shrinkable_listener([&told](bool watched) { told.push_back(watched); });
  UniqueFd one = make_unsealable_memory(4096);
  UniqueFd other = make_unsealable_memory(4096);
  ASSERT_TRUE(add(4096));
  EXPECT_EQ(told, std::vector<bool>{});
  Slot first = add(one.get(), 4096)->slot;
  ASSERT_TRUE(add(other.get(), 4096));
  EXPECT_EQ(told, std::vector{true});
  ASSERT_TRUE(remove(first));
  EXPECT_EQ(told, std::vector{true}) << "one is left";
  resize(other, 0);
  ASSERT_EQ(memory_.quarantine_vanished({}), 1u);
  EXPECT_EQ(told, (std::vector{true, false}));
}

TEST_F(DeviceMemoryTest, AQuarantinedRegionKeepsItsAddressesUntilItIsRemoved) {
  UniqueFd file = make_unsealable_memory(4096);
  auto region = add(file.get(), 4096);
  resize(file, 0);
  ASSERT_EQ(memory_.quarantine_vanished({}), 1u);
  EXPECT_EQ(memory_.free_bytes(), kWindowSize - 4096);
  EXPECT_EQ(account_->used().regions, 1u);
  ASSERT_TRUE(remove(region->slot));
  EXPECT_EQ(memory_.free_bytes(), kWindowSize);
  EXPECT_FALSE(memory_.is_quarantined(region->range.start()));
}

// Memory that the guest can't reach is lost, whatever the size of its file says.
TEST_F(DeviceMemoryTest, AFaultInARegionQuarantinesIt) {
  auto region = add(8192);
  EXPECT_EQ(memory_.quarantine_vanished(GuestAddress(kWindowStart + 8192)), 0u);
  EXPECT_EQ(memory_.quarantine_vanished(GuestAddress(kWindowStart + 4096)), 1u);
  EXPECT_TRUE(memory_.find(region->handle)->quarantined);
}

TEST_F(DeviceMemoryTest, WhatTheHypervisorDoesNotGiveUpIsNotQuarantined) {
  auto region = add(4096);
  vm_.fail_next_with = EIO;
  EXPECT_EQ(memory_.quarantine_vanished(region->range.start()), 0u);
  EXPECT_FALSE(memory_.find(region->handle)->quarantined);
  EXPECT_TRUE(remove(region->slot));
}

TEST_F(DeviceMemoryTest, ADirtyLogIsReadOfRegionsThatKeepOne) {
  auto memory = SharedMemory::create("test", 8192);
  auto logged = add({.source = {.fd = memory->fd(), .size = 8192, .flags = {.log_dirty = true}}});
  auto plain = add(4096);
  vm_.dirty_word = 2;
  EXPECT_EQ(*take_dirty_log(logged->handle), std::vector<uint64_t>{2});
  EXPECT_EQ(take_dirty_log(plain->handle).error().code(), EINVAL);
  EXPECT_EQ(take_dirty_log(Handle(77)).error().code(), ENOENT);
}

TEST_F(DeviceMemoryTest, WhatMustNotShrinkIsRefusedIfItCan) {
  UniqueFd file = make_unsealable_memory(4096);
  EXPECT_EQ(add({.source = {.fd = file.get(), .size = 4096}, .seal_policy = SealPolicy::kRequire})
                .error()
                .code(),
            EPERM);
  EXPECT_EQ(memory_.count(), 0u);
}

TEST(MemslotMapper, TakesItsRegionsOutOfTheVmBeforeItUnmapsThem) {
  FakeVirtualMachine vm;
  {
    MemslotMapper mapper(vm);
    auto shared = SharedMemory::create("test", 4096);
    auto range = *GuestRange::create(GuestAddress(kWindowStart), 4096);
    ASSERT_TRUE(mapper.map(Slot(5), range, {.fd = shared->fd(), .size = 4096}));
    ASSERT_EQ(vm.memory.size(), 1u);
  }
  EXPECT_TRUE(vm.memory.empty());
}

}  // namespace
}  // namespace vm_control
