// SPDX-License-Identifier: BSD-3-Clause
#include "guest/balloon_driver.h"

#include <gtest/gtest.h>

#include <string>

#include "guest/fake_balloon_device.h"

namespace vm_control::guest {
namespace {

class BalloonDriverTest : public testing::Test {
 protected:
  static constexpr uint32_t kRam = 64u << 20;
  static constexpr uint32_t kRamPages = 16384;
  static constexpr uint32_t kMost = kRamPages - 2048;

  BalloonDriverTest() { device_.reach(std::as_writable_bytes(std::span(&memory_, 1))); }
  ~BalloonDriverTest() override { EXPECT_EQ(device_.violations(), std::vector<std::string>()); }

  // Lets device and driver act in turn until the device has nothing to do. Returns how many buffers
  // it took.
  uint32_t settle() {
    uint32_t buffers = 0;
    driver_.step();
    while (const uint32_t now = device_.serve()) {
      buffers += now;
      driver_.step();
    }
    return buffers;
  }

  std::string state() {
    Line line;
    driver_.add_state(line);
    return {line.text().data, line.text().size};
  }

  void expect_balloon(uint32_t pages) {
    EXPECT_EQ(device_.given(), pages);
    ASSERT_EQ(device_.pages().size(), pages);
    if (pages == 0) return;
    EXPECT_EQ(*device_.pages().begin(), kRamPages - pages);
    EXPECT_EQ(*device_.pages().rbegin(), kRamPages - 1);
  }

  FakeBalloonDevice device_;
  BalloonMemory memory_ = {};
  BalloonDriver driver_{device_, memory_, kRam};
};

TEST_F(BalloonDriverTest, StartsWithAnEmptyBalloon) {
  driver_.start();
  EXPECT_TRUE(device_.is_driven());
  EXPECT_EQ(settle(), 0u);
  expect_balloon(0);
  EXPECT_EQ(state(), "0 of 16384 pages wanted, 0 given");
}

TEST_F(BalloonDriverTest, GivesWhatTheDeviceWantsAndTakesItBack) {
  driver_.start();
  device_.want(1000);
  EXPECT_EQ(settle(), 4u);
  expect_balloon(1000);
  EXPECT_EQ(state(), "1000 of 16384 pages wanted, 1000 given");
  device_.want(300);
  EXPECT_EQ(settle(), 3u);
  expect_balloon(300);
  device_.want(0);
  EXPECT_EQ(settle(), 2u);
  expect_balloon(0);
}

TEST_F(BalloonDriverTest, GivesWhatTheDeviceWantedBeforeItStarted) {
  device_.want(5);
  driver_.start();
  settle();
  expect_balloon(5);
}

TEST_F(BalloonDriverTest, KeepsItsOwnRam) {
  driver_.start();
  device_.want(UINT32_MAX);
  settle();
  expect_balloon(kMost);
  EXPECT_EQ(state(), "4294967295 of 16384 pages wanted, 14336 given");
}

TEST_F(BalloonDriverTest, FollowsATargetThatMovesWhileTheDeviceHasPages) {
  driver_.start();
  device_.want(1000);
  driver_.step();
  device_.want(10);
  driver_.step();
  EXPECT_EQ(device_.given(), 0u);
  settle();
  expect_balloon(10);
}

TEST_F(BalloonDriverTest, ReadsOneRegisterInAStepWithoutAnInterrupt) {
  class CountingDevice : public FakeBalloonDevice {
   public:
    uint32_t read(uint32_t offset) override {
      ++accesses;
      return FakeBalloonDevice::read(offset);
    }
    void write(uint32_t offset, uint32_t value) override {
      ++accesses;
      FakeBalloonDevice::write(offset, value);
    }
    uint32_t accesses = 0;
  } device;
  BalloonDriver driver(device, memory_, kRam);
  driver.start();
  device.accesses = 0;
  driver.step();
  EXPECT_EQ(device.accesses, 1u);
}

TEST_F(BalloonDriverTest, AcknowledgesInterrupts) {
  driver_.start();
  device_.want(1);
  driver_.step();
  EXPECT_EQ(device_.read(virtio_register::kInterruptStatus), 0u);
}

TEST_F(BalloonDriverTest, AnswersWithStatisticsWheneverTheDeviceAsks) {
  driver_.start();
  const std::map<uint16_t, uint64_t> at_first = {
      {4, kRam - 0x10000}, {5, kRam}, {6, kRam - 0x10000}, {7, 0}};
  EXPECT_EQ(device_.take_statistics(), at_first);
  device_.want(512);
  settle();
  // The device still has the statistics that it was given before the balloon grew.
  EXPECT_EQ(device_.take_statistics(), at_first);
  driver_.step();
  const uint64_t free = kRam - 0x10000 - 512 * 4096;
  EXPECT_EQ(device_.take_statistics(),
            (std::map<uint16_t, uint64_t>{{4, free}, {5, kRam}, {6, free}, {7, 0}}));
}

TEST_F(BalloonDriverTest, WorksWithADeviceThatTakesNoStatistics) {
  device_.features = uint64_t{1} << 32;
  driver_.start();
  EXPECT_TRUE(device_.take_statistics().empty());
  device_.want(300);
  settle();
  expect_balloon(300);
}

TEST_F(BalloonDriverTest, StartsAnewWhenTheDeviceNeedsAReset) {
  driver_.start();
  device_.want(300);
  settle();
  device_.need_reset();
  driver_.step();
  EXPECT_FALSE(device_.needs_reset());
  EXPECT_EQ(device_.given(), 0u);
  settle();
  expect_balloon(300);
}

TEST_F(BalloonDriverTest, StartsAnewWithAChunkUnderWay) {
  driver_.start();
  device_.want(300);
  driver_.step();
  driver_.start();
  settle();
  expect_balloon(300);
}

TEST_F(BalloonDriverTest, DoesNothingBeforeItHasStarted) {
  device_.want(300);
  EXPECT_EQ(settle(), 0u);
  EXPECT_FALSE(device_.is_driven());
}

TEST_F(BalloonDriverTest, LeavesADeviceAloneThatItCannotUse) {
  const auto expect_refusal = [this](const char* why) {
    driver_.start();
    EXPECT_TRUE(device_.read(virtio_register::kStatus) & virtio_status::kFailed) << why;
    EXPECT_FALSE(device_.is_driven()) << why;
    EXPECT_EQ(state(), "the device can't be used") << why;
    device_.want(300);
    EXPECT_EQ(settle(), 0u) << why;
  };
  device_.features = 2;
  expect_refusal("older than virtio 1.0");
  device_.features |= uint64_t{1} << 32;
  device_.queue_size_limit = 8;
  expect_refusal("short queues");
  device_.queue_size_limit = 16;
  device_.agrees = false;
  expect_refusal("does not agree");
  device_.agrees = true;
  driver_.start();
  EXPECT_TRUE(device_.is_driven());
}

TEST_F(BalloonDriverTest, LeavesADeviceAloneThatDoesNotReset) {
  driver_.start();
  device_.resets = false;
  driver_.start();
  EXPECT_TRUE(device_.read(virtio_register::kStatus) & virtio_status::kFailed);
  EXPECT_EQ(state(), "the device can't be used");
}

}  // namespace
}  // namespace vm_control::guest
