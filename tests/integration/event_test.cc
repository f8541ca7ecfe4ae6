// SPDX-License-Identifier: BSD-3-Clause
// Doorbells that the guest rings, and interrupts that it counts.
#include <chrono>
#include <map>

#include "tests/integration/test_vm.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/memory/guest_layout.h"

namespace vm_control {
namespace {

constexpr uint16_t kPort = GuestLayout::kDoorbellPorts.first + 0x10;
constexpr uint64_t kAddress = GuestLayout::kDoorbells.value() + 0x100;

class EventTest : public SocketTest {
 protected:
  using Counts = std::map<uint32_t, uint32_t>;

  CallResult<Handle> register_ioevent(const Ioevent& ioevent) {
    return client().register_ioevent(event_.fd(), ioevent);
  }

  // Returns the guest's counts as soon as they are as expected, or at a deadline.
  Counts counts_after(const Counts& expected) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    Counts counts = guest().irqs();
    while (counts != expected && std::chrono::steady_clock::now() < deadline) {
      counts = guest().irqs();
    }
    return counts;
  }

  EventFd event_ = *EventFd::create();
};

class Doorbell : public EventTest {};

TEST_P(Doorbell, AtAPortRingsForAnyValue) {
  ASSERT_TRUE(register_ioevent({.space = Ioevent::Space::kPort, .address = kPort, .length = 2}));
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 0x1234, 2);
  EXPECT_EQ(event_.take(), 1u);
  guest().out(kPort, 0, 2);
  guest().out(kPort, 0xffff, 2);
  EXPECT_EQ(event_.take(), 2u);
}

TEST_P(Doorbell, AtAPortIsSilentForOtherPortsAndLengths) {
  ASSERT_TRUE(register_ioevent({.space = Ioevent::Space::kPort, .address = kPort, .length = 2}));
  guest().out(kPort - 2, 0x1234, 2);
  guest().out(kPort + 2, 0x1234, 2);
  guest().out(kPort, 0x12, 1);
  guest().out(kPort, 0x1234, 4);
  guest().poke(kPort, 0x1234);  // the same number, as an address of RAM
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 0x1234, 2);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_P(Doorbell, AtAPortWithDatamatchRingsForThatValueOnly) {
  ASSERT_TRUE(register_ioevent(
      {.space = Ioevent::Space::kPort, .address = kPort, .length = 1, .datamatch = 7}));
  guest().out(kPort, 6, 1);
  guest().out(kPort, 8, 1);
  guest().out(kPort + 1, 7, 1);
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 7, 1);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_P(Doorbell, InMemoryRingsForAnyValue) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4}));
  guest().poke(kAddress, 0);
  guest().poke(kAddress, 0xdead'beef);
  EXPECT_EQ(event_.take(), 2u);
  EXPECT_EQ(guest().peek(kAddress), kNothing);
  EXPECT_EQ(event_.take(), 0u) << "a read rings nothing";
}

TEST_P(Doorbell, InMemoryIsSilentForOtherAddressesAndLengths) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4}));
  guest().poke(kAddress - 4, 1);
  guest().poke(kAddress + 4, 1);
  guest().fill(kAddress, 1, 1);  // one byte
  EXPECT_EQ(event_.take(), 0u);
  guest().poke(kAddress, 1);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_P(Doorbell, InMemoryWithDatamatchRingsForThatValueOnly) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4, .datamatch = 0xc0de'0001}));
  guest().poke(kAddress, 0xc0de'0002);
  guest().poke(kAddress, 1);
  guest().poke(kAddress + 4, 0xc0de'0001);
  EXPECT_EQ(event_.take(), 0u);
  guest().poke(kAddress, 0xc0de'0001);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_P(Doorbell, OfAnyLengthRingsForEach) {
  if (!kvm::Kvm::open()->capabilities().ioeventfd_any_length) GTEST_SKIP() << "not on this host";
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 0}));
  guest().poke(kAddress, 1);
  guest().fill(kAddress, 1, 1);
  EXPECT_EQ(event_.take(), 2u);
}

TEST_P(Doorbell, ThatIsUnregisteredIsSilent) {
  auto in_memory = register_ioevent({.address = kAddress, .length = 4});
  auto at_a_port =
      register_ioevent({.space = Ioevent::Space::kPort, .address = kPort, .length = 2});
  ASSERT_TRUE(in_memory && at_a_port);
  ASSERT_TRUE(client().unregister_event(*in_memory));
  guest().poke(kAddress, 1);
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 1, 2);
  EXPECT_EQ(event_.take(), 1u) << "the other rings";
  ASSERT_TRUE(client().unregister_event(*at_a_port));
  guest().out(kPort, 1, 2);
  EXPECT_EQ(event_.take(), 0u);

  auto again = client().unregister_event(*in_memory);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().error.code(), ENOENT);
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4}));
  guest().poke(kAddress, 1);
  EXPECT_EQ(event_.take(), 1u) << "the address is free again";
}

TEST_P(Doorbell, WhereTheMachineHasADeviceIsRefusedAndChangesNothing) {
  for (uint64_t port : {0x3f8u, 0x3ffu, 0x64u, 0x20u, 0xa0u, 0x40u, 0x61u}) {
    auto refused = register_ioevent({.space = Ioevent::Space::kPort, .address = port, .length = 1});
    ASSERT_FALSE(refused) << port;
    EXPECT_EQ(refused.error().error.code(), EACCES) << port;
  }
  for (uint64_t address : {0xfec0'0000u, 0xfec0'0010u, 0xfee0'0000u, 0x8000'0000u}) {
    auto refused = register_ioevent({.address = address, .length = 4});
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().error.code(), EACCES) << address;
  }
  for (uint32_t gsi : {0u, 2u, 4u}) {
    EXPECT_EQ(client().register_irqfd(event_.fd(), gsi).error().error.code(), EACCES) << gsi;
  }
  for (uint32_t gsi : {24u, 4096u, UINT32_MAX}) {
    EXPECT_EQ(client().register_irqfd(event_.fd(), gsi).error().error.code(), EINVAL) << gsi;
  }
  guest().poke(0x20'0000, 7);  // over the serial port that it still has
  EXPECT_EQ(guest().peek(0x20'0000), 7u);
  EXPECT_EQ(event_.take(), 0u);
}

TEST_P(Doorbell, AnywhereRingsWhereTheServerSays) {
  auto in_memory = client().register_ioevent_anywhere(event_.fd(), {.length = 4});
  auto at_a_port = client().register_ioevent_anywhere(
      event_.fd(), {.space = Ioevent::Space::kPort, .address = 0, .length = 2});
  ASSERT_TRUE(in_memory && at_a_port);
  guest().poke(in_memory->address, 1);
  EXPECT_EQ(event_.take(), 1u);
  guest().out(static_cast<uint16_t>(at_a_port->address), 1, 2);
  EXPECT_EQ(event_.take(), 1u);
}

INSTANTIATE_OVER_BOTH_SOCKETS(Doorbell);

class Interrupt : public EventTest {};

TEST_P(Interrupt, IsCountedOnceForEachSignal) {
  constexpr uint32_t kSignals = 25;
  Counts expected;
  EXPECT_EQ(guest().irqs(), expected);
  for (uint32_t gsi : {16u, 20u, 23u}) {
    auto handle = client().register_irqfd(event_.fd(), gsi);
    ASSERT_TRUE(handle) << gsi << ": " << handle.error().message();
    for (uint32_t i = 1; i <= kSignals; ++i) {
      event_.signal();
      expected[gsi] = i;
      ASSERT_EQ(counts_after(expected), expected);
    }
    EXPECT_EQ(guest().irqs(), expected) << "and none comes late";
    ASSERT_TRUE(client().unregister_event(*handle));
  }
}

TEST_P(Interrupt, EachHasItsOwnCount) {
  EventFd other = *EventFd::create();
  ASSERT_TRUE(client().register_irqfd(other.fd(), 16));
  ASSERT_TRUE(client().register_irqfd(event_.fd(), 20));
  event_.signal();
  EXPECT_EQ(counts_after({{20, 1}}), (Counts{{20, 1}}));
}

TEST_P(Interrupt, ThatIsUnregisteredIsNotRaised) {
  auto handle = client().register_irqfd(event_.fd(), 16);
  ASSERT_TRUE(handle);
  event_.signal();
  EXPECT_EQ(counts_after({{16, 1}}), (Counts{{16, 1}}));
  ASSERT_TRUE(client().unregister_event(*handle));
  event_.signal();
  EventFd other = *EventFd::create();
  ASSERT_TRUE(client().register_irqfd(other.fd(), 20));
  other.signal();
  EXPECT_EQ(counts_after({{16, 1}, {20, 1}}), (Counts{{16, 1}, {20, 1}}));
}

INSTANTIATE_OVER_BOTH_SOCKETS(Interrupt);

TEST_F(VmTest, EventsOfASessionEndWithIt) {
  EventFd doorbell = *EventFd::create();
  EventFd interrupt = *EventFd::create();
  Client observer = vm_->connect(SocketType::kSeqpacket);
  {
    Client client = vm_->connect(SocketType::kSeqpacket);
    ASSERT_TRUE(client.register_ioevent(doorbell.fd(), {.address = kAddress, .length = 4}));
    ASSERT_TRUE(client.register_irqfd(interrupt.fd(), 16));
    guest().poke(kAddress, 1);
    ASSERT_EQ(doorbell.take(), 1u);
  }
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (observer.status()->sessions > 1 && std::chrono::steady_clock::now() < deadline) {
  }
  guest().poke(kAddress, 1);
  EXPECT_EQ(doorbell.take(), 0u);
  interrupt.signal();
  EXPECT_TRUE(guest().irqs().empty());
  EXPECT_TRUE(observer.register_ioevent(doorbell.fd(), {.address = kAddress, .length = 4}));
  EXPECT_TRUE(observer.register_irqfd(interrupt.fd(), 16));
}

}  // namespace
}  // namespace vm_control
