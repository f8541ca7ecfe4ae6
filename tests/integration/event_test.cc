// SPDX-License-Identifier: BSD-3-Clause
// Doorbells that the guest rings, and interrupts that it counts.
#include <chrono>
#include <map>
#include <utility>
#include <variant>

#include "tests/integration/test_vm.h"
#include "vm_control/base/event_fd.h"

namespace vm_control {
namespace {

// Where nothing else is.
constexpr uint16_t kPort = 0x510;
constexpr uint64_t kAddress = kDeviceMemory + 0x10'0000;

class EventTest : public VmTest {
 protected:
  bool register_ioevent(const Ioevent& ioevent) {
    return executed(
        request::RegisterIoevent{.event = MaybeOwnedFd::borrow(event_.fd()), .ioevent = ioevent});
  }
  bool register_irqfd(uint32_t gsi) {
    return executed(request::RegisterIrqfd{.event = MaybeOwnedFd::borrow(event_.fd()), .gsi = gsi});
  }

  EventFd event_ = *EventFd::create();

 private:
  bool executed(const Request& request) {
    return std::holds_alternative<response::Ok>(vm_->execute_locally(request));
  }
};

class Doorbell : public EventTest {};

TEST_F(Doorbell, AtAPortRingsForAnyValue) {
  ASSERT_TRUE(register_ioevent({.space = Ioevent::Space::kPort, .address = kPort, .length = 2}));
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 0x1234, 2);
  EXPECT_EQ(event_.take(), 1u);
  guest().out(kPort, 0, 2);
  guest().out(kPort, 0xffff, 2);
  EXPECT_EQ(event_.take(), 2u);
}

TEST_F(Doorbell, AtAPortIsSilentForOtherPortsAndLengths) {
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

TEST_F(Doorbell, AtAPortWithDatamatchRingsForThatValueOnly) {
  ASSERT_TRUE(register_ioevent(
      {.space = Ioevent::Space::kPort, .address = kPort, .length = 1, .datamatch = 7}));
  guest().out(kPort, 6, 1);
  guest().out(kPort, 8, 1);
  guest().out(kPort + 1, 7, 1);
  EXPECT_EQ(event_.take(), 0u);
  guest().out(kPort, 7, 1);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_F(Doorbell, InMemoryRingsForAnyValue) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4}));
  guest().poke(kAddress, 0);
  guest().poke(kAddress, 0xdead'beef);
  EXPECT_EQ(event_.take(), 2u);
  EXPECT_EQ(guest().peek(kAddress), kNothing);
  EXPECT_EQ(event_.take(), 0u) << "a read rings nothing";
}

TEST_F(Doorbell, InMemoryIsSilentForOtherAddressesAndLengths) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4}));
  guest().poke(kAddress - 4, 1);
  guest().poke(kAddress + 4, 1);
  guest().fill(kAddress, 1, 1);  // one byte
  EXPECT_EQ(event_.take(), 0u);
  guest().poke(kAddress, 1);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_F(Doorbell, InMemoryWithDatamatchRingsForThatValueOnly) {
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 4, .datamatch = 0xc0de'0001}));
  guest().poke(kAddress, 0xc0de'0002);
  guest().poke(kAddress, 1);
  guest().poke(kAddress + 4, 0xc0de'0001);
  EXPECT_EQ(event_.take(), 0u);
  guest().poke(kAddress, 0xc0de'0001);
  EXPECT_EQ(event_.take(), 1u);
}

TEST_F(Doorbell, OfAnyLengthRingsForEach) {
  if (!kvm::Kvm::open()->capabilities().ioeventfd_any_length) GTEST_SKIP() << "not on this host";
  ASSERT_TRUE(register_ioevent({.address = kAddress, .length = 0}));
  guest().poke(kAddress, 1);
  guest().fill(kAddress, 1, 1);
  EXPECT_EQ(event_.take(), 2u);
}

class Interrupt : public EventTest, public testing::WithParamInterface<uint32_t> {
 protected:
  using Counts = std::map<uint32_t, uint32_t>;

  // The guest's counts, as soon as they are as expected, or when it has been given long enough.
  Counts counts_after(const Counts& expected) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    Counts counts = guest().irqs();
    while (counts != expected && std::chrono::steady_clock::now() < deadline) {
      counts = guest().irqs();
    }
    return counts;
  }
};

TEST_P(Interrupt, IsCountedOnceForEachSignal) {
  constexpr uint32_t kSignals = 25;
  ASSERT_TRUE(register_irqfd(GetParam()));
  EXPECT_EQ(guest().irqs(), Counts{});
  for (uint32_t i = 1; i <= kSignals; ++i) {
    event_.signal();
    ASSERT_EQ(counts_after({{GetParam(), i}}), (Counts{{GetParam(), i}}));
  }
  EXPECT_EQ(guest().irqs(), (Counts{{GetParam(), kSignals}})) << "and none comes late";
}

INSTANTIATE_TEST_SUITE_P(OfGsi, Interrupt, testing::Values(5, 10, 16),
                         [](const auto& gsi) { return std::to_string(gsi.param); });

TEST_F(EventTest, EachInterruptHasItsOwnCount) {
  EventFd other = *EventFd::create();
  ASSERT_TRUE(register_irqfd(5));
  std::swap(event_, other);
  ASSERT_TRUE(register_irqfd(10));
  event_.signal();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (guest().irqs().empty() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(guest().irqs(), (std::map<uint32_t, uint32_t>{{10, 1}}));
}

}  // namespace
}  // namespace vm_control
