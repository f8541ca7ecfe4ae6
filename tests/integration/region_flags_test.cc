// SPDX-License-Identifier: BSD-3-Clause
// Memory with KVM's flags, in a running guest.
#include <vector>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"
#include "vm_control/kvm/kvm.h"
#include "vmm/machine/machine.h"

namespace vm_control {
namespace {

constexpr uint64_t kPages = 70;  // more than one word of a bitmap

class RegionFlagsTest : public VmTest {
 protected:
  void show(RegionFlags flags) {
    slot_ = vm_->machine().first_device_slot();
    auto range = *GuestRange::create(GuestAddress(kDeviceMemory), memory_.size());
    auto shown = kvm().set_memory(slot_, range, memory_.bytes().data(), flags);
    ASSERT_TRUE(shown) << shown.error().message();
  }

  // The guest stops before its memory goes.
  void TearDown() override { vm_.reset(); }

  kvm::Vm& kvm() { return vm_->machine().vm(); }

  HostMemory memory_{kPages * kPageSize};
  Slot slot_;
};

TEST_F(RegionFlagsTest, ReadOnlyMemoryCannotBeWritten) {
  if (!kvm::Kvm::open()->capabilities().read_only_memory) GTEST_SKIP() << "not on this host";
  memory_.set_word(0, 0x1111'1111);
  memory_.set_word(kPageSize, 0x2222'2222);
  ASSERT_NO_FATAL_FAILURE(show({.read_only = true}));
  guest().poke(kDeviceMemory, 0x3333'3333);
  guest().fill(kDeviceMemory + kPageSize, 16, 0x33);
  EXPECT_EQ(guest().peek(kDeviceMemory), 0x1111'1111u);
  EXPECT_EQ(guest().peek(kDeviceMemory + kPageSize), 0x2222'2222u);
  EXPECT_EQ(memory_.word(0), 0x1111'1111u);
  EXPECT_EQ(memory_.word(kPageSize), 0x2222'2222u);

  memory_.set_word(0, 0x4444'4444);  // the host may
  EXPECT_EQ(guest().peek(kDeviceMemory), 0x4444'4444u);
}

TEST_F(RegionFlagsTest, TheDirtyLogShowsExactlyWhatTheGuestWrote) {
  using Log = std::vector<uint64_t>;
  constexpr uint64_t kOne = 1;
  ASSERT_NO_FATAL_FAILURE(show({.log_dirty = true}));
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{0, 0}));

  guest().poke(kDeviceMemory + 2 * kPageSize, 1);
  guest().poke(kDeviceMemory + 63 * kPageSize + 4092, 1);
  guest().fill(kDeviceMemory + 66 * kPageSize - 1, 2, 1);  // the end of 65, the start of 66
  guest().peek(kDeviceMemory + 5 * kPageSize);
  memory_.set_word(7 * kPageSize, 1);  // the host's, not the guest's
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{kOne << 2 | kOne << 63, 1 << 1 | 1 << 2}));
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{0, 0}));

  guest().poke(kDeviceMemory + 2 * kPageSize, 2);  // again
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{kOne << 2, 0}));
}

}  // namespace
}  // namespace vm_control
