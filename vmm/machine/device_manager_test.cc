// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/device_manager.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <utility>

#include "vm_control/kvm/kvm.h"
#include "vmm/virtio/fake_virtio_device.h"
#include "vmm/virtio/virtio_mmio.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kWindow = 0xc000'0000;

// A device that reads as its number. Its destructor counts in `ended`.
class NumberedDevice final : public BusDevice {
 public:
  NumberedDevice(int number, int& ended) : number_(number), ended_(ended) {}
  ~NumberedDevice() override { ++ended_; }

  void read(uint64_t, std::span<std::byte> data) override {
    data[0] = static_cast<std::byte>(number_);
  }
  void write(uint64_t, std::span<const std::byte>) override {}

 private:
  int number_;
  int& ended_;
};

class DeviceManagerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto kvm = kvm::Kvm::open();
    if (!kvm) GTEST_SKIP() << kvm.error().message();
    vm_.emplace(*kvm::Vm::create(*kvm));
    ASSERT_TRUE(vm_->create_irqchip());
    GuestRange window = *GuestRange::create(GuestAddress(kWindow), 4 * kPageSize);
    devices_.emplace(*vm_, ports_, memory_, window);
  }

  std::unique_ptr<BusDevice> device(int number) {
    return std::make_unique<NumberedDevice>(number, ended_);
  }

  static int read(const Bus& bus, uint64_t address) {
    std::byte value[1];
    bus.read(address, value);
    return std::to_integer<int>(value[0]);
  }

  int ended_ = 0;
  std::optional<kvm::Vm> vm_;
  Bus ports_{0xffff};
  Bus memory_{UINT64_MAX};
  std::optional<DeviceManager> devices_;
};

TEST_F(DeviceManagerTest, ConnectsEachInterruptToTheGuest) {
  Interrupt fixed = *devices_->take_interrupt(4);
  Interrupt any = *devices_->allocate_interrupt();
  EXPECT_EQ(fixed.gsi(), 4u);
  EXPECT_EQ(any.gsi(), InterruptTable::kFirstFree);
  EXPECT_EQ(devices_->take_interrupt(4).error().code(), EEXIST);
  // KVM knows both: an eventfd raises one interrupt.
  EXPECT_EQ(vm_->register_irqfd(fixed.event().fd(), 7).error().code(), EBUSY);
  EXPECT_EQ(vm_->register_irqfd(any.event().fd(), 7).error().code(), EBUSY);
}

TEST_F(DeviceManagerTest, AnInterruptCanBeGivenAgain) {
  for (int round = 0; round < 50; ++round) EXPECT_TRUE(devices_->take_interrupt(4));
}

TEST_F(DeviceManagerTest, PutsDevicesOnTheBusesAndKeepsThem) {
  ASSERT_TRUE(devices_->add_at_ports(0x80, 4, device(1)));
  MmioRange first = *devices_->allocate_mmio(kPageSize);
  MmioRange second = *devices_->allocate_mmio(kPageSize);
  ASSERT_TRUE(devices_->add_in_memory(std::move(second), device(2)));
  ASSERT_TRUE(devices_->add_in_memory(std::move(first), device(3)));
  EXPECT_EQ(read(ports_, 0x83), 1);
  EXPECT_EQ(read(memory_, kWindow + kPageSize), 2);
  EXPECT_EQ(read(memory_, kWindow), 3);
  EXPECT_EQ(read(memory_, kWindow + 2 * kPageSize), 0xff);
  EXPECT_EQ(ended_, 0);
  devices_.reset();
  EXPECT_EQ(ended_, 3);
}

TEST_F(DeviceManagerTest, ShowsAVirtioDeviceAndHasKvmSignalItsQueues) {
  GuestRam ram = *GuestRam::create(std::vector{*GuestRange::create(GuestAddress(0), 1 << 20)});
  EventLoop loop = *EventLoop::create();
  ASSERT_TRUE(devices_->add_virtio(ram, std::make_unique<FakeVirtioDevice>(), loop));
  ASSERT_EQ(devices_->virtio_places().size(), 1u);
  EXPECT_EQ(devices_->virtio_places()[0].registers.start(), GuestAddress(kWindow));
  EXPECT_EQ(devices_->virtio_places()[0].gsi, InterruptTable::kFirstFree);
  EXPECT_TRUE(devices_->has_interrupt(InterruptTable::kFirstFree));
  std::array<std::byte, 4> magic{};
  EXPECT_TRUE(memory_.read(kWindow, magic));
  EXPECT_EQ(magic[0], std::byte{'v'});
  // KVM has the place where the driver notifies a queue.
  Ioevent notify{.address = kWindow + VirtioMmio::kQueueNotify, .length = 4, .datamatch = 0};
  EXPECT_TRUE(devices_->has_device_at(notify));
  EventFd other = *EventFd::create();
  EXPECT_EQ(vm_->register_ioevent(other.fd(), notify).error().code(), EEXIST);
  devices_.reset();
}

TEST_F(DeviceManagerTest, AVirtioDeviceThatHasNoPlaceIsGone) {
  GuestRam ram = *GuestRam::create(std::vector{*GuestRange::create(GuestAddress(0), 1 << 20)});
  EventLoop loop = *EventLoop::create();
  auto all = *devices_->allocate_mmio(4 * kPageSize);
  auto added = devices_->add_virtio(ram, std::make_unique<FakeVirtioDevice>(), loop);
  EXPECT_EQ(added.error().code(), ENOSPC);
  EXPECT_TRUE(devices_->virtio_places().empty());
  EXPECT_FALSE(devices_->has_interrupt(InterruptTable::kFirstFree));
}

TEST_F(DeviceManagerTest, EndsADeviceWhosePortsAreTaken) {
  ASSERT_TRUE(devices_->add_at_ports(0x80, 4, device(1)));
  EXPECT_EQ(devices_->add_at_ports(0x83, 1, device(2)).error().code(), EEXIST);
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(read(ports_, 0x83), 1);
}

TEST_F(DeviceManagerTest, ADeviceKeepsItsAddresses) {
  ASSERT_TRUE(devices_->add_in_memory(*devices_->allocate_mmio(3 * kPageSize), device(1)));
  EXPECT_EQ(devices_->allocate_mmio(2 * kPageSize).error().code(), ENOSPC);
  // A range that was given out for a device that could not be made is free again.
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(devices_->allocate_mmio(kPageSize));
}

}  // namespace
}  // namespace vm_control::vmm
