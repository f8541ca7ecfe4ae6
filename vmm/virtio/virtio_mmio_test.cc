// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/virtio_mmio.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "vmm/virtio/fake_virtio_device.h"
#include "vmm/virtio/test_driver.h"
#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {
namespace {

constexpr uint32_t kNeedsReset = virtio::kNeedsReset;
constexpr uint64_t kFeature = FakeVirtioDevice::kFeature;

class VirtioMmioTest : public testing::Test {
 protected:
  VirtioMmioTest() {
    Interrupt interrupt = *interrupts_.allocate();
    edges_ = std::make_unique<EventFd>(*interrupt.event().duplicate());
    auto device = std::make_unique<FakeVirtioDevice>();
    device_ = device.get();
    mmio_ = *VirtioMmio::create(ram_, std::move(interrupt), std::move(device), loop_);
    driver_ = std::make_unique<TestDriver>(ram_, *mmio_);
  }

  // Has the device thread do all that there is to do.
  void run() {
    while (loop_.run_once(0) > 0) {
    }
  }
  // Sets the device up with one queue.
  TestQueue begin(uint64_t features = 0) {
    driver_->negotiate(features);
    TestQueue queue = driver_->add_queue(0);
    driver_->set_driver_ok();
    run();
    return queue;
  }
  void offer(TestQueue& queue) {
    queue.offer_buffer(0, 0x1000, 8);
    driver_->notify(0);
    run();
  }

  GuestRam ram_ = make_test_ram();
  EventLoop loop_ = *EventLoop::create();
  InterruptTable interrupts_;
  std::unique_ptr<EventFd> edges_;
  FakeVirtioDevice* device_ = nullptr;
  std::unique_ptr<VirtioMmio> mmio_;
  std::unique_ptr<TestDriver> driver_;
};

TEST_F(VirtioMmioTest, SaysWhatItIs) {
  EXPECT_EQ(driver_->read(0x00), 0x74726976u);
  EXPECT_EQ(driver_->read(0x04), 2u);
  EXPECT_EQ(driver_->read(0x08), 42u);
  EXPECT_EQ(driver_->read(0x0c), 0u);
  EXPECT_EQ(driver_->offered_features(),
            kFeature | virtio::kVersion1 | virtio::kIndirectDescriptors | virtio::kEventIndex);
  driver_->write(0x14, 2);
  EXPECT_EQ(driver_->read(0x10), 0u);
}

TEST_F(VirtioMmioTest, HasNoSharedMemory) {
  for (uint64_t offset : {0xb0u, 0xb4u, 0xb8u, 0xbcu}) {
    EXPECT_EQ(driver_->read(offset), UINT32_MAX);
  }
}

TEST_F(VirtioMmioTest, TellsHowLargeEachQueueMayBe) {
  for (auto [index, size] : {std::pair{0u, 64u}, {1u, 128u}, {2u, 0u}, {UINT32_MAX, 0u}}) {
    driver_->write(TestDriver::kQueueSel, index);
    EXPECT_EQ(driver_->read(0x34), size);
  }
}

TEST_F(VirtioMmioTest, IgnoresAccessesThatAreNot32BitsWideAndAligned) {
  std::vector<std::byte> data(8, std::byte{0xff});
  for (size_t size : {1u, 2u, 8u}) {
    mmio_->read(0, std::span(data).first(size));
    EXPECT_EQ(data[0], std::byte{0});
    data[0] = std::byte{1};
    mmio_->write(TestDriver::kStatus, std::span(data).first(size));
    EXPECT_EQ(driver_->status(), 0u);
  }
  EXPECT_EQ(driver_->read(2), 0u);
  driver_->write(TestDriver::kStatus + 2, 1);
  EXPECT_EQ(driver_->status(), 0u);
}

TEST_F(VirtioMmioTest, TakesTheStepsOfADriverInTheirOrderOnly) {
  constexpr uint32_t kSteps[] = {1, 3, 11, 15};
  for (uint32_t early : {3u, 11u, 15u, 2u, 4u, 8u, 16u, 0x101u}) {
    driver_->write(TestDriver::kStatus, early);
    EXPECT_EQ(driver_->status(), 0u) << early;
  }
  driver_->negotiate(0);
  driver_->reset();
  driver_->write(TestDriver::kStatus, 1);
  driver_->write(TestDriver::kStatus, 11);
  EXPECT_EQ(driver_->status(), 1u);
  driver_->reset();
  driver_->negotiate(0);
  driver_->write(TestDriver::kStatus, 3);
  EXPECT_EQ(driver_->status(), 11u) << "only a reset clears a bit";
  driver_->set_driver_ok();
  for (uint32_t back : kSteps) {
    driver_->write(TestDriver::kStatus, back);
    EXPECT_EQ(driver_->status(), 15u);
  }
}

TEST_F(VirtioMmioTest, RefusesFeaturesThatItDoesNotOffer) {
  driver_->negotiate(1);
  EXPECT_EQ(driver_->status(), 3u);
  driver_->set_driver_ok();
  run();
  EXPECT_FALSE(device_->driver);
}

TEST_F(VirtioMmioTest, RefusesADriverOfTheVersionBefore) {
  driver_->write(TestDriver::kStatus, 1);
  driver_->write(TestDriver::kStatus, 3);
  driver_->write(TestDriver::kStatus, 11);
  EXPECT_EQ(driver_->status(), 3u);
}

TEST_F(VirtioMmioTest, TakesNoFeaturesAfterTheyAreAccepted) {
  driver_->negotiate(kFeature);
  driver_->write(0x24, 0);
  driver_->write(0x20, 0);
  driver_->write(0x24, 2);
  driver_->write(0x20, UINT32_MAX);
  driver_->set_driver_ok();
  run();
  EXPECT_EQ(device_->accepted, kFeature | virtio::kVersion1);
}

TEST_F(VirtioMmioTest, ServesAQueueThatTheDriverNotifies) {
  TestQueue queue = begin();
  EXPECT_TRUE(device_->driver);
  offer(queue);
  EXPECT_EQ(queue.take_used(), (TestQueue::Used{0, 0}));
  EXPECT_GT(edges_->take(), 0u);
  EXPECT_EQ(driver_->take_interrupt(), 1u);
  EXPECT_EQ(driver_->read(TestDriver::kInterruptStatus), 0u);
}

TEST_F(VirtioMmioTest, ServesWhatWasOfferedBeforeTheDriverWasReady) {
  driver_->negotiate(0);
  TestQueue queue = driver_->add_queue(0);
  offer(queue);
  EXPECT_TRUE(device_->served.empty());
  EXPECT_EQ(edges_->take(), 0u);
  driver_->set_driver_ok();
  run();
  EXPECT_TRUE(queue.take_used());
}

TEST_F(VirtioMmioTest, ServesAgainWhatADeviceLeaves) {
  TestQueue queue = begin();
  device_->chains_per_turn = 1;
  device_->served.clear();
  for (uint16_t i = 0; i < 5; ++i) queue.offer_buffer(i, 0x1000, 8);
  driver_->notify(0);
  loop_.run_once(0);
  EXPECT_EQ(device_->served.size(), 1u) << "others have their turn between";
  run();
  for (uint16_t i = 0; i < 5; ++i) EXPECT_TRUE(queue.take_used());
}

TEST_F(VirtioMmioTest, ServesAQueueWhenItsDeviceAsks) {
  begin();
  device_->served.clear();
  device_->driver->serve(0);
  run();
  EXPECT_EQ(device_->served, std::vector<uint16_t>{0});
}

TEST_F(VirtioMmioTest, IgnoresNotificationsOfQueuesThatAreNotThere) {
  begin();
  device_->served.clear();
  for (uint32_t index : {1u, 2u, UINT32_MAX}) driver_->write(TestDriver::kQueueNotify, index);
  run();
  EXPECT_TRUE(device_->served.empty());
}

TEST_F(VirtioMmioTest, RefusesQueuesThatAreNotRam) {
  driver_->negotiate(0);
  QueueLayout layout = TestQueue(ram_, 0x10000, 64).layout();
  layout.used = GuestAddress(kTestRamSize);
  driver_->set_up_queue(0, layout);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  EXPECT_EQ(driver_->status(), 11u | kNeedsReset);
  driver_->set_driver_ok();
  EXPECT_EQ(driver_->status(), 11u | kNeedsReset);
  EXPECT_EQ(edges_->take(), 0u) << "no interrupts before the driver is ready";
  driver_->reset();
  EXPECT_EQ(driver_->status(), 0u);
  TestQueue queue = begin();
  offer(queue);
  EXPECT_TRUE(queue.take_used());
}

TEST_F(VirtioMmioTest, TakesQueuesOnlyBetweenFeaturesAndReadiness) {
  QueueLayout layout = TestQueue(ram_, 0x10000, 64).layout();
  driver_->set_up_queue(0, layout);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  driver_->negotiate(0);
  driver_->set_driver_ok();
  driver_->set_up_queue(0, layout);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  EXPECT_EQ(driver_->status(), 15u);
}

TEST_F(VirtioMmioTest, KeepsTheLayoutOfAQueueThatIsReady) {
  driver_->negotiate(0);
  TestQueue queue = driver_->add_queue(0);
  driver_->set_up_queue(0, TestQueue(ram_, 0x40000, 64).layout());
  driver_->set_driver_ok();
  offer(queue);
  EXPECT_TRUE(queue.take_used());
}

TEST_F(VirtioMmioTest, LetsTheDriverPlaceAQueueAgain) {
  driver_->negotiate(0);
  driver_->add_queue(0);
  driver_->write(TestDriver::kQueueReady, 0);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  TestQueue other(ram_, 0x40000, 16);
  driver_->set_up_queue(0, other.layout());
  driver_->set_driver_ok();
  offer(other);
  EXPECT_TRUE(other.take_used());
}

TEST_F(VirtioMmioTest, TouchesAQueueNoMoreThatTheDriverDisables) {
  TestQueue queue = begin();
  driver_->write(TestDriver::kQueueReady, 0);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  offer(queue);
  EXPECT_FALSE(queue.take_used());
  EXPECT_EQ(driver_->status(), 15u);
}

TEST_F(VirtioMmioTest, NeedsAResetAfterABrokenQueue) {
  TestQueue queue = begin();
  edges_->take();
  driver_->take_interrupt();
  int resets = device_->resets;
  queue.skip(65);
  driver_->notify(0);
  run();
  EXPECT_EQ(driver_->status(), 15u | kNeedsReset);
  EXPECT_EQ(driver_->take_interrupt(), 2u);
  EXPECT_EQ(edges_->take(), 1u);
  EXPECT_EQ(device_->resets, resets + 1);

  device_->served.clear();
  driver_->notify(0);
  run();
  EXPECT_TRUE(device_->served.empty()) << "nothing more is read";
  driver_->write(TestDriver::kStatus, 15);
  EXPECT_EQ(driver_->status(), 15u | kNeedsReset) << "only a reset helps";

  driver_->reset();
  queue = begin();
  EXPECT_EQ(driver_->status(), 15u);
  offer(queue);
  EXPECT_TRUE(queue.take_used());
}

TEST_F(VirtioMmioTest, AResetForgetsEverything) {
  TestQueue queue = begin();
  offer(queue);
  driver_->reset();
  EXPECT_FALSE(device_->driver);
  EXPECT_EQ(driver_->status(), 0u);
  EXPECT_EQ(driver_->read(TestDriver::kInterruptStatus), 0u);
  EXPECT_EQ(driver_->read(TestDriver::kQueueReady), 0u);
  ASSERT_TRUE(queue.take_used());
  offer(queue);
  EXPECT_FALSE(queue.take_used());
}

TEST_F(VirtioMmioTest, AResetBeforeTheDeviceThreadWakesWins) {
  driver_->negotiate(0);
  TestQueue queue = driver_->add_queue(0);
  queue.offer_buffer(0, 0x1000, 8);
  driver_->set_driver_ok();
  driver_->reset();
  run();
  EXPECT_FALSE(device_->driver);
  EXPECT_FALSE(queue.take_used());
}

TEST_F(VirtioMmioTest, ADriverThatFailsIsServedNoMore) {
  TestQueue queue = begin();
  driver_->write(TestDriver::kStatus, 15 | virtio::kFailed);
  EXPECT_EQ(driver_->status(), 15u | virtio::kFailed);
  EXPECT_FALSE(device_->driver);
  offer(queue);
  EXPECT_FALSE(queue.take_used());
  driver_->write(TestDriver::kStatus, 15);
  EXPECT_EQ(driver_->status(), 15u | virtio::kFailed);
  driver_->reset();
  EXPECT_EQ(driver_->status(), 0u);
}

TEST_F(VirtioMmioTest, InterruptsWhenTheConfigurationChanges) {
  begin();
  driver_->take_interrupt();
  edges_->take();
  uint32_t generation = driver_->read(TestDriver::kConfigGeneration);
  device_->driver->config_changed();
  EXPECT_EQ(edges_->take(), 1u);
  EXPECT_NE(driver_->read(TestDriver::kConfigGeneration), generation);
  EXPECT_EQ(driver_->read(TestDriver::kInterruptStatus), 2u);
  driver_->write(TestDriver::kInterruptAck, 1);
  EXPECT_EQ(driver_->read(TestDriver::kInterruptStatus), 2u);
  device_->driver->config_changed();
  EXPECT_EQ(edges_->take(), 1u) << "the driver may have read the register already";
  EXPECT_EQ(driver_->take_interrupt(), 2u);
}

TEST_F(VirtioMmioTest, ReadsTheConfigurationInAnyAlignedWidth) {
  for (size_t i = 0; i < device_->config.size(); ++i) device_->config[i] = std::byte(i);
  for (size_t size : {1u, 2u, 4u, 8u}) {
    std::vector<std::byte> data(size, std::byte{0xff});
    mmio_->read(TestDriver::kConfig, data);
    EXPECT_EQ(data.back(), std::byte(size - 1));
    mmio_->read(TestDriver::kConfig + 16, data);
    EXPECT_EQ(data.back(), std::byte{0}) << "past the end";
  }
  std::array<std::byte, 4> data{};
  mmio_->read(TestDriver::kConfig + 2, data);
  EXPECT_EQ(data[0], std::byte{0}) << "not aligned";
}

TEST_F(VirtioMmioTest, LetsTheDriverWriteTheConfigurationOnceFeaturesAreAccepted) {
  driver_->write(TestDriver::kConfig + 4, 0x01020304);
  EXPECT_EQ(driver_->read(TestDriver::kConfig + 4), 0u);
  driver_->negotiate(0);
  driver_->write(TestDriver::kConfig + 4, 0x01020304);
  EXPECT_EQ(driver_->read(TestDriver::kConfig + 4), 0x01020304u);
  driver_->write(TestDriver::kConfig + 6, 0x05060708);
  EXPECT_EQ(driver_->read(TestDriver::kConfig + 4), 0x01020304u) << "not aligned";
}

}  // namespace
}  // namespace vm_control::vmm
