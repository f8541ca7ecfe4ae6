// SPDX-License-Identifier: BSD-3-Clause
#include <cstring>

#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

GUEST_CODE16(read_then_write, "movb 0, %al; out %al, $0xf4; movb $0x77, 0; out %al, $0xf4");

class MemoryTest : public KvmTest {
 protected:
  void SetUp() override {
    KvmTest::SetUp();
    memory_ = *MemoryMapping::anonymous(4 * kPageSize);
  }

  Result<void> set(uint32_t slot, uint64_t start, uint64_t size, RegionFlags flags = {}) {
    return vm_->set_memory(Slot(slot), range(start, size), memory_.data(), flags);
  }

  MemoryMapping memory_;
};

TEST_F(MemoryTest, TheGuestReadsAndWritesIt) {
  ASSERT_TRUE(set(1, kFree, kPageSize));
  memory_.data()[0] = std::byte{0x42};
  start(read_then_write);
  VcpuExit exit = next_exit();
  ASSERT_TRUE(std::holds_alternative<PortWrite>(exit));
  EXPECT_EQ(std::get<PortWrite>(exit).data[0], std::byte{0x42});
  ASSERT_TRUE(runs_until_done());
  EXPECT_EQ(memory_.data()[0], std::byte{0x77});
}

TEST_F(MemoryTest, ReadOnlyMemoryIsReadAndItsWritesComeOut) {
  if (!kvm_->capabilities().read_only_memory) GTEST_SKIP() << "no read-only memory";
  ASSERT_TRUE(set(1, kFree, kPageSize, {.read_only = true}));
  memory_.data()[0] = std::byte{0x42};
  start(read_then_write);
  VcpuExit exit = next_exit();
  ASSERT_TRUE(std::holds_alternative<PortWrite>(exit));
  EXPECT_EQ(std::get<PortWrite>(exit).data[0], std::byte{0x42});

  exit = next_exit();
  ASSERT_TRUE(std::holds_alternative<MmioWrite>(exit));
  EXPECT_EQ(std::get<MmioWrite>(exit).address, GuestAddress(kFree));
  EXPECT_EQ(std::get<MmioWrite>(exit).data[0], std::byte{0x77});
  EXPECT_TRUE(runs_until_done());
  EXPECT_EQ(memory_.data()[0], std::byte{0x42});
}

TEST_F(MemoryTest, RemovedMemoryIsGone) {
  ASSERT_TRUE(set(1, kFree, kPageSize));
  start(read_then_write);
  ASSERT_TRUE(runs_until_done());
  ASSERT_TRUE(runs_until_done());
  memory_.data()[0] = std::byte{0x42};

  ASSERT_TRUE(vm_->remove_memory(Slot(1)));
  restart();
  EXPECT_TRUE(std::holds_alternative<MmioRead>(next_exit()));
  EXPECT_TRUE(runs_until_done());
  EXPECT_TRUE(std::holds_alternative<MmioWrite>(next_exit()));
  EXPECT_TRUE(runs_until_done());
  EXPECT_EQ(memory_.data()[0], std::byte{0x42});
}

TEST_F(MemoryTest, SlotsAndAddressesAreUsedAgain) {
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(set(1, kFree, kPageSize));
    ASSERT_TRUE(vm_->remove_memory(Slot(1)));
  }
}

TEST_F(MemoryTest, ATakenSlotMovesAndKeepsItsSize) {
  ASSERT_TRUE(set(1, kFree, kPageSize));
  EXPECT_TRUE(set(1, kFree + kPageSize, kPageSize));
  EXPECT_EQ(set(1, kFree + kPageSize, 2 * kPageSize).error().code(), EINVAL);
}

TEST_F(MemoryTest, OverlapsAreRefused) {
  ASSERT_TRUE(set(1, kFree, 2 * kPageSize));
  EXPECT_EQ(set(2, kFree + kPageSize, kPageSize).error().code(), EEXIST);
  EXPECT_TRUE(set(2, kFree + 2 * kPageSize, kPageSize));
}

TEST_F(MemoryTest, MisalignedAddressesSizesAndMappingsAreRefused) {
  EXPECT_EQ(set(1, kFree + 1, kPageSize).error().code(), EINVAL);
  EXPECT_EQ(set(1, kFree, 100).error().code(), EINVAL);
  std::byte* inside = memory_.data() + 8;
  EXPECT_EQ(vm_->set_memory(Slot(1), range(kFree, kPageSize), inside, {}).error().code(), EINVAL);
}

TEST_F(MemoryTest, SlotsPastTheLastAreRefused) {
  uint32_t slots = kvm_->capabilities().memory_slots;
  EXPECT_TRUE(set(slots - 1, kFree, kPageSize));
  EXPECT_EQ(set(slots, kFree + kPageSize, kPageSize).error().code(), EINVAL);
  // KVM would take it for slot 1 of system management mode.
  EXPECT_EQ(set(0x10001, kFree + kPageSize, kPageSize).error().code(), EINVAL);
}

TEST_F(MemoryTest, RemovingAFreeSlotIsRefused) {
  EXPECT_EQ(vm_->remove_memory(Slot(1)).error().code(), EINVAL);
  EXPECT_EQ(vm_->remove_memory(Slot(0x10000)).error().code(), EINVAL);
}

}  // namespace
}  // namespace vm_control::kvm
