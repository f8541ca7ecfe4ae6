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
    client_ = vm_->connect(SocketType::kSeqpacket);
    auto shown = client_->map_memory(memory_.fd(), memory_.size(), {.flags = flags});
    ASSERT_TRUE(shown) << shown.error().message();
    slot_ = shown->slot;
    at_ = shown->address.value();
    EXPECT_TRUE(vm_->machine().layout().memslots()->contains(shown->address));
  }

  kvm::Vm& kvm() { return vm_->machine().vm(); }

  HostMemory memory_{kPages * kPageSize};
  std::optional<Client> client_;
  Slot slot_;
  uint64_t at_ = 0;
};

TEST_F(RegionFlagsTest, ReadOnlyMemoryCannotBeWritten) {
  if (!kvm::Kvm::open()->capabilities().read_only_memory) GTEST_SKIP() << "not on this host";
  memory_.set_word(0, 0x1111'1111);
  memory_.set_word(kPageSize, 0x2222'2222);
  ASSERT_NO_FATAL_FAILURE(show({.read_only = true}));
  guest().poke(at_, 0x3333'3333);
  guest().fill(at_ + kPageSize, 16, 0x33);
  EXPECT_EQ(guest().peek(at_), 0x1111'1111u);
  EXPECT_EQ(guest().peek(at_ + kPageSize), 0x2222'2222u);
  EXPECT_EQ(memory_.word(0), 0x1111'1111u);
  EXPECT_EQ(memory_.word(kPageSize), 0x2222'2222u);

  memory_.set_word(0, 0x4444'4444);  // the host may
  EXPECT_EQ(guest().peek(at_), 0x4444'4444u);
}

TEST_F(RegionFlagsTest, TheDirtyLogShowsExactlyWhatTheGuestWrote) {
  using Log = std::vector<uint64_t>;
  constexpr uint64_t kOne = 1;
  ASSERT_NO_FATAL_FAILURE(show({.log_dirty = true}));
  guest().peek(at_ + 5 * kPageSize);  // KVM may count the first touch of a page as a write
  kvm().take_dirty_log(slot_).value();

  guest().poke(at_ + 2 * kPageSize, 1);
  guest().poke(at_ + 63 * kPageSize + 4092, 1);
  guest().fill(at_ + 66 * kPageSize - 1, 2, 1);  // the end of 65, the start of 66
  guest().peek(at_ + 5 * kPageSize);
  memory_.set_word(7 * kPageSize, 1);  // the host's, not the guest's
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{kOne << 2 | kOne << 63, 1 << 1 | 1 << 2}));
  guest().peek(at_ + 5 * kPageSize);  // KVM may count the first touch of a page as a write
  kvm().take_dirty_log(slot_).value();

  guest().poke(at_ + 2 * kPageSize, 2);  // again
  EXPECT_EQ(kvm().take_dirty_log(slot_).value(), (Log{kOne << 2, 0}));
}

}  // namespace
}  // namespace vm_control
