// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <unistd.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

constexpr uint16_t kPort = 0x1230;
constexpr uint64_t kMemory = kFree + 0x10;

GUEST_CODE16(port1, "out %al, %dx; out %al, $0xf4");
GUEST_CODE16(port2, "out %ax, %dx; out %al, $0xf4");
GUEST_CODE16(port4, "out %eax, %dx; out %al, $0xf4");
GUEST_CODE16(memory1, "mov %al, 0x10; out %al, $0xf4");
GUEST_CODE16(memory2, "mov %ax, 0x10; out %al, $0xf4");
GUEST_CODE16(memory4, "mov %eax, 0x10; out %al, $0xf4");

// A guest that writes RAX, and the doorbell that waits for it.
struct Write {
  const char* name;
  std::span<const std::byte> code;
  Ioevent ioevent;
};

class IoeventTest : public KvmTest, public testing::WithParamInterface<Write> {
 protected:
  void SetUp() override {
    KvmTest::SetUp();
    event_ = *EventFd::create();
  }

  // Whether the guest's write of `value` rang the doorbell instead of causing an exit.
  bool rings(uint64_t value) {
    restart({.rax = value, .rdx = kPort});
    bool done = runs_until_done();
    if (!done) {
      EXPECT_TRUE(runs_until_done());
    }
    EXPECT_EQ(event_.take(), done ? 1u : 0u);
    return done;
  }

  EventFd event_{UniqueFd()};
};

TEST_P(IoeventTest, AnyValueRingsUntilItIsUnregistered) {
  start(GetParam().code);
  EXPECT_FALSE(rings(5));
  ASSERT_TRUE(vm_->register_ioevent(event_.fd(), GetParam().ioevent));
  EXPECT_TRUE(rings(5));
  EXPECT_TRUE(rings(6));
  ASSERT_TRUE(vm_->unregister_ioevent(event_.fd(), GetParam().ioevent));
  EXPECT_FALSE(rings(5));
}

TEST_P(IoeventTest, OnlyTheRightValueRings) {
  Ioevent ioevent = GetParam().ioevent;
  ioevent.datamatch = 5;
  start(GetParam().code);
  ASSERT_TRUE(vm_->register_ioevent(event_.fd(), ioevent));
  EXPECT_TRUE(rings(5));
  EXPECT_FALSE(rings(6));
}

TEST_P(IoeventTest, OnlyTheRightLengthRings) {
  for (uint32_t length : {1u, 2u, 4u, 8u}) {
    Ioevent ioevent = GetParam().ioevent;
    ioevent.length = length;
    bool right = length == GetParam().ioevent.length;
    if (!vcpu_) start(GetParam().code);
    ASSERT_TRUE(vm_->register_ioevent(event_.fd(), ioevent));
    EXPECT_EQ(rings(5), right) << length;
    ASSERT_TRUE(vm_->unregister_ioevent(event_.fd(), ioevent));
  }
}

TEST_P(IoeventTest, LengthZeroRingsForAnyLength) {
  if (!kvm_->capabilities().ioeventfd_any_length) GTEST_SKIP() << "no ioeventfds of any length";
  Ioevent ioevent = GetParam().ioevent;
  ioevent.length = 0;
  start(GetParam().code);
  ASSERT_TRUE(vm_->register_ioevent(event_.fd(), ioevent));
  EXPECT_TRUE(rings(5));
}

constexpr auto kInPorts = Ioevent::Space::kPort;
INSTANTIATE_TEST_SUITE_P(
    All, IoeventTest,
    testing::Values(Write{"OneByteToAPort", port1, {kInPorts, kPort, 1, {}}},
                    Write{"TwoBytesToAPort", port2, {kInPorts, kPort, 2, {}}},
                    Write{"FourBytesToAPort", port4, {kInPorts, kPort, 4, {}}},
                    Write{"OneByteToMemory", memory1, {Ioevent::Space::kMemory, kMemory, 1, {}}},
                    Write{"TwoBytesToMemory", memory2, {Ioevent::Space::kMemory, kMemory, 2, {}}},
                    Write{"FourBytesToMemory", memory4, {Ioevent::Space::kMemory, kMemory, 4, {}}}),
    [](const auto& test) { return test.param.name; });

class IoeventErrorTest : public KvmTest {
 protected:
  // The errno of a registration; 0 if it works.
  int code_of(const Ioevent& ioevent) {
    auto event = EventFd::create();
    auto result = vm_->register_ioevent(event->fd(), ioevent);
    return result ? 0 : result.error().code();
  }
};

TEST_F(IoeventErrorTest, BadLengthsPortsAndMatchesAreRefused) {
  for (uint32_t length : {3u, 5u, 16u, UINT32_MAX}) {
    EXPECT_EQ(code_of({.address = kMemory, .length = length}), EINVAL) << length;
  }
  EXPECT_EQ(code_of({.address = kMemory, .length = 0, .datamatch = 1}), EINVAL);
  EXPECT_EQ(code_of({.space = kInPorts, .address = 0x10000, .length = 1}), EINVAL);
  EXPECT_EQ(code_of({.space = kInPorts, .address = 0xffff, .length = 1}), 0);
  EXPECT_EQ(code_of({.address = UINT64_MAX, .length = 8}), EINVAL);

  auto event = EventFd::create();
  Ioevent bad{.address = kMemory, .length = 3};
  EXPECT_EQ(vm_->unregister_ioevent(event->fd(), bad).error().code(), EINVAL);
}

TEST_F(IoeventErrorTest, OneWriteHasOneDoorbell) {
  auto first = EventFd::create();
  auto second = EventFd::create();
  Ioevent any{.address = kMemory, .length = 4};
  Ioevent five{.address = kMemory, .length = 4, .datamatch = 5};
  Ioevent six{.address = kMemory, .length = 4, .datamatch = 6};
  ASSERT_TRUE(vm_->register_ioevent(first->fd(), five));
  EXPECT_TRUE(vm_->register_ioevent(second->fd(), six));
  EXPECT_EQ(vm_->register_ioevent(second->fd(), five).error().code(), EEXIST);
  EXPECT_EQ(vm_->register_ioevent(second->fd(), any).error().code(), EEXIST);
}

TEST_F(IoeventErrorTest, WhatIsNotRegisteredIsNotFound) {
  auto event = EventFd::create();
  Ioevent ioevent{.address = kMemory, .length = 4};
  EXPECT_EQ(vm_->unregister_ioevent(event->fd(), ioevent).error().code(), ENOENT);
}

TEST_F(IoeventErrorTest, DescriptorsThatAreNoEventfdsAreRefused) {
  Ioevent ioevent{.address = kMemory, .length = 4};
  EXPECT_EQ(vm_->register_ioevent(-1, ioevent).error().code(), EBADF);
  UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(vm_->register_ioevent(file.get(), ioevent).error().code(), EINVAL);
}

}  // namespace
}  // namespace vm_control::kvm
