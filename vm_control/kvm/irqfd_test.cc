// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>

#include <cstring>

#include "vm_control/base/event_fd.h"
#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

constexpr uint32_t kGsi = 4;

// Counts interrupts of GSI 4 in CX, and writes the count to 0xf4 before each sleep: 0 when it is
// ready for the first. (An earlier one is lost when the PIC is set up.) The PIC's vectors start at
// 0x20, so the interrupt's is at 4 * 0x24 in the vector table.
GUEST_CODE16(counter,
             "cli; xor %ax, %ax; mov %ax, %ds; mov %ax, %ss;"
             "movw $0x1000 + 3f - counter_begin, 0x90; movw %ax, 0x92;"
             "mov $0x11, %al; out %al, $0x20; mov $0x20, %al; out %al, $0x21;"
             "mov $4, %al; out %al, $0x21; mov $1, %al; out %al, $0x21;"
             "mov $0xef, %al; out %al, $0x21;"
             "2: mov %cx, %ax; out %ax, $0xf4; sti; hlt; cli; jmp 2b;"
             "3: inc %cx; mov $0x20, %al; out %al, $0x20; iret");

class IrqfdTest : public KvmTest {
 protected:
  void SetUp() override {
    KvmTest::SetUp();
    event_ = *EventFd::create();
  }

  // The count that the guest writes before its next sleep.
  uint16_t next_count() {
    VcpuExit exit = next_exit();
    auto* write = std::get_if<PortWrite>(&exit);
    uint16_t count = UINT16_MAX;
    if (write && write->data.size() == sizeof count) {
      std::memcpy(&count, write->data.data(), sizeof count);
    }
    return count;
  }

  EventFd event_{UniqueFd()};
};

TEST_F(IrqfdTest, EachSignalIsAnInterrupt) {
  ASSERT_TRUE(vm_->create_irqchip());
  ASSERT_TRUE(vm_->register_irqfd(event_.fd(), kGsi));
  start(counter);
  ASSERT_EQ(next_count(), 0);
  for (uint16_t round = 1; round <= 100; ++round) {
    event_.signal();
    ASSERT_EQ(next_count(), round);
  }
}

TEST_F(IrqfdTest, AnUnregisteredOneIsSilent) {
  ASSERT_TRUE(vm_->create_irqchip());
  auto other = EventFd::create();
  ASSERT_TRUE(vm_->register_irqfd(event_.fd(), kGsi));
  ASSERT_TRUE(vm_->register_irqfd(other->fd(), kGsi));
  start(counter);
  ASSERT_EQ(next_count(), 0);
  event_.signal();
  ASSERT_EQ(next_count(), 1);
  ASSERT_TRUE(vm_->unregister_irqfd(event_.fd(), kGsi));
  event_.signal();
  vcpu_->kick();
  ASSERT_TRUE(std::holds_alternative<Interrupted>(vcpu_->run().value()));
  other->signal();
  ASSERT_EQ(next_count(), 2);
}

TEST_F(IrqfdTest, RefusesWhatCantRaiseAnInterrupt) {
  EXPECT_EQ(vm_->register_irqfd(event_.fd(), kGsi).error().code(), EINVAL);  // no irqchip
  ASSERT_TRUE(vm_->create_irqchip());
  EXPECT_EQ(vm_->register_irqfd(-1, kGsi).error().code(), EBADF);
  UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(vm_->register_irqfd(file.get(), kGsi).error().code(), EINVAL);
  ASSERT_TRUE(vm_->register_irqfd(event_.fd(), kGsi));
  EXPECT_EQ(vm_->register_irqfd(event_.fd(), kGsi).error().code(), EBUSY);
}

TEST_F(IrqfdTest, AGsiOfNoControllerRaisesNothing) {
  ASSERT_TRUE(vm_->create_irqchip());
  EXPECT_TRUE(vm_->register_irqfd(event_.fd(), 100'000));
  event_.signal();
  EXPECT_TRUE(vm_->unregister_irqfd(event_.fd(), 100'000));
}

TEST_F(IrqfdTest, TheMachineHasOneIrqchipAndOneTimer) {
  ASSERT_TRUE(vm_->create_irqchip());
  EXPECT_EQ(vm_->create_irqchip().error().code(), EEXIST);
  ASSERT_TRUE(vm_->create_pit());
  EXPECT_EQ(vm_->create_pit().error().code(), EEXIST);
  EXPECT_TRUE(vm_->set_tss_address(GuestAddress(0xfffbd000)));
  EXPECT_TRUE(vm_->set_identity_map_address(GuestAddress(0xfffbc000)));
  start(counter);
  EXPECT_FALSE(vm_->set_identity_map_address(GuestAddress(0xfffbc000)));
}

}  // namespace
}  // namespace vm_control::kvm
