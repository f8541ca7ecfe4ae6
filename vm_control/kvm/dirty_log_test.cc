// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

constexpr uint64_t kPages = 70;  // more than one word of the bitmap

// Writes to the pages 1, 3 and, beyond the reach of 16 bits, 68.
GUEST_CODE16(writer,
             "movb $1, 0x1008; movb $1, 0x3fff; mov $0x6000, %ax; mov %ax, %ds; movb $1, 0x4000;"
             "out %al, $0xf4");

class DirtyLogTest : public KvmTest {
 protected:
  void SetUp() override {
    KvmTest::SetUp();
    memory_ = *MemoryMapping::anonymous(kPages * kPageSize);
  }

  Result<void> set(RegionFlags flags) {
    return vm_->set_memory(Slot(1), range(kFree, kPages * kPageSize), memory_.data(), flags);
  }

  MemoryMapping memory_;
};

TEST_F(DirtyLogTest, ShowsThePagesThatTheGuestWroteAndForgetsThem) {
  ASSERT_TRUE(set({.log_dirty = true}));
  memory_.data()[0] = std::byte{1};  // the log does not have the host's writes
  start(writer);
  ASSERT_TRUE(runs_until_done());
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).value(), (std::vector<uint64_t>{1 << 1 | 1 << 3, 1 << 4}));
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).value(), (std::vector<uint64_t>{0, 0}));

  // A page that was cleared is recorded again.
  restart();
  ASSERT_TRUE(runs_until_done());
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).value(), (std::vector<uint64_t>{1 << 1 | 1 << 3, 1 << 4}));
}

TEST_F(DirtyLogTest, StartsAndEndsWithTheFlag) {
  ASSERT_TRUE(set({}));
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).error().code(), ENOENT);
  ASSERT_TRUE(set({.log_dirty = true}));
  EXPECT_TRUE(vm_->take_dirty_log(Slot(1)));
  ASSERT_TRUE(set({}));
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).error().code(), ENOENT);
}

TEST_F(DirtyLogTest, IsGoneWithItsMemory) {
  ASSERT_TRUE(set({.log_dirty = true}));
  ASSERT_TRUE(vm_->remove_memory(Slot(1)));
  EXPECT_EQ(vm_->take_dirty_log(Slot(1)).error().code(), ENOENT);
}

}  // namespace
}  // namespace vm_control::kvm
