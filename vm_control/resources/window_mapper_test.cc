// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/window_mapper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <thread>

#include "vm_control/resources/fake_virtual_machine.h"

namespace vm_control {
namespace {

constexpr GuestAddress kWindowBase(0x8000'0000);
constexpr uint64_t kWindowBytes = 16 << 20;
constexpr Slot kWindowSlot(1);

class WindowMapperTest : public testing::Test {
 protected:
  GuestRange at(uint64_t offset, uint64_t size) const {
    return *GuestRange::create(GuestAddress(kWindowBase.value() + offset), size);
  }
  static MemorySource all_of(const SharedMemory& memory) {
    return {.fd = memory.fd(), .size = memory.size()};
  }
  Result<MemoryMapper::HeldUp> map(const SharedMemory& memory, uint64_t offset) {
    return mapper_->map(Slot(7), at(offset, memory.size()), all_of(memory));
  }
  // The byte that the guest reads and writes there.
  std::byte& guest(uint64_t offset) { return vm_.memory.at(kWindowSlot).host[offset]; }
  bool is_writable(uint64_t offset) {
    std::byte* page = &guest(offset / kPageSize * kPageSize);
    return madvise(page, kPageSize, MADV_POPULATE_WRITE) == 0;
  }
  // The mappings that the window consists of.
  size_t count_mappings() {
    auto start = reinterpret_cast<uintptr_t>(&guest(0));
    std::ifstream maps("/proc/self/maps");
    size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
      uintptr_t at = std::stoull(line, nullptr, 16);
      if (at >= start && at < start + kWindowBytes) ++count;
    }
    return count;
  }

  FakeVirtualMachine vm_;
  std::unique_ptr<WindowMapper> mapper_ =
      *WindowMapper::create(vm_, kWindowSlot, at(0, kWindowBytes));
};

TEST_F(WindowMapperTest, OneSlotShowsTheWholeWindowAndNoRegionTakesAnother) {
  ASSERT_EQ(vm_.memory.size(), 1u);
  EXPECT_EQ(vm_.memory.at(kWindowSlot).range, at(0, kWindowBytes));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(&guest(0)) % kHugePageSize, 0u);
  auto memory = *SharedMemory::create("test", 8192);
  ASSERT_TRUE(map(memory, 0x5000));
  EXPECT_EQ(vm_.memory.size(), 1u);
  guest(0x6000) = std::byte{42};
  auto view = *MemoryMapping::shared(memory.fd(), 0, 8192);
  EXPECT_EQ(view.data()[0x1000], std::byte{42});
}

TEST_F(WindowMapperTest, AnUnmappedRegionReadsAsZerosAndItsFileIsLetGo) {
  auto memory = *SharedMemory::create("test", 4096);
  ASSERT_TRUE(map(memory, 0x5000));
  guest(0x5000) = std::byte{42};
  ASSERT_TRUE(mapper_->unmap(Slot(7), at(0x5000, 4096)));
  EXPECT_EQ(guest(0x5000), std::byte{0});
  // A seal against writing is refused while somebody has the memory mapped for it.
  EXPECT_EQ(fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
}

TEST_F(WindowMapperTest, AMapThatFailsLeavesTheFiller) {
  auto memory = *SharedMemory::create("test", 4096);
  ASSERT_EQ(fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_EQ(map(memory, 0).error().code(), EPERM);
  EXPECT_EQ(mapper_->map(Slot(7), at(0, 4096), {.fd = -1, .size = 4096}).error().code(), EBADF);
  EXPECT_EQ(guest(0), std::byte{0});
  EXPECT_EQ(mapper_
                ->map(Slot(7), at(0, 4096),
                      {.fd = memory.fd(), .size = 4096, .flags = {.log_dirty = true}})
                .error()
                .code(),
            ENOSPC);
}

TEST_F(WindowMapperTest, HolesAreReadOnlyUntilTheGuestWritesThere) {
  auto memory = *SharedMemory::create("test", 4096);
  ASSERT_TRUE(map(memory, kHugePageSize + 0x5000));
  EXPECT_FALSE(is_writable(0));
  EXPECT_TRUE(mapper_->make_holes_writable());
  EXPECT_FALSE(mapper_->make_holes_writable()) << "they were";
  // Every page but that of the region is the same page of the filler, which has 2 MiB.
  for (uint64_t offset = 0; offset < kWindowBytes; offset += kPageSize) {
    if (offset != kHugePageSize + 0x5000) guest(offset) = std::byte{7};
  }
  auto view = *MemoryMapping::shared(memory.fd(), 0, 4096);
  EXPECT_EQ(view.data()[0], std::byte{0});
  guest(3 * kHugePageSize + 0x7123) = std::byte{9};
  EXPECT_EQ(guest(0x7123), std::byte{9});
  // So is what a region leaves.
  ASSERT_TRUE(mapper_->unmap(Slot(7), at(kHugePageSize + 0x5000, 4096)));
  EXPECT_TRUE(is_writable(kHugePageSize + 0x5000));
}

TEST_F(WindowMapperTest, AQuarantinedRegionIsAHole) {
  auto memory = *SharedMemory::create("test", 4096);
  ASSERT_TRUE(map(memory, 0x5000));
  ASSERT_TRUE(mapper_->quarantine(Slot(7), at(0x5000, 4096)));
  EXPECT_EQ(guest(0x5000), std::byte{0});
  EXPECT_FALSE(is_writable(0x5000));
  ASSERT_TRUE(mapper_->make_holes_writable());
  EXPECT_TRUE(is_writable(0x5000));
  EXPECT_TRUE(mapper_->unmap(Slot(7), at(0x5000, 4096)));
}

TEST_F(WindowMapperTest, WhatIsUnmappedTakesNoMappingOfTheProcess) {
  auto memory = *SharedMemory::create("test", 4096);
  size_t before = count_mappings();
  for (uint64_t offset = 0; offset < 1 << 20; offset += 8192) ASSERT_TRUE(map(memory, offset));
  EXPECT_GT(count_mappings(), before + 200);
  for (uint64_t offset = 0; offset < 1 << 20; offset += 8192) {
    ASSERT_TRUE(mapper_->unmap(Slot(7), at(offset, 4096)));
  }
  EXPECT_LE(count_mappings(), before + 1);
}

TEST_F(WindowMapperTest, RegionsComeAndGoWhileHolesBecomeWritable) {
  auto memory = *SharedMemory::create("test", 4096);
  std::thread client([&] {
    for (uint64_t i = 0; i < 2000; ++i) {
      GuestRange range = at(i * 7 % 4096 * kPageSize, 4096);
      ASSERT_TRUE(mapper_->map(Slot(7), range, all_of(memory)));
      ASSERT_TRUE(mapper_->unmap(Slot(7), range));
    }
  });
  std::this_thread::yield();
  EXPECT_TRUE(mapper_->make_holes_writable());
  client.join();
  for (uint64_t offset = 0; offset < kWindowBytes; offset += kPageSize) {
    ASSERT_TRUE(is_writable(offset)) << offset;
  }
  EXPECT_EQ(fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_WRITE), 0) << "some of it is still mapped";
}

TEST_F(WindowMapperTest, RegionsAreLimitedByTheMappingsOfAProcess) {
  EXPECT_EQ(WindowMapper::max_regions(at(0, kWindowBytes), 509), 509u);
  uint32_t all = WindowMapper::max_regions(at(0, kWindowBytes), UINT32_MAX);
  EXPECT_GT(all, 10'000u) << "vm.max_map_count is lower than Linux has it";
  EXPECT_EQ(
      WindowMapper::max_regions(*GuestRange::create(kWindowBase, uint64_t{1} << 40), UINT32_MAX),
      1u)
      << "holes that are writable take one mapping for each 2 MiB";
}

}  // namespace
}  // namespace vm_control
