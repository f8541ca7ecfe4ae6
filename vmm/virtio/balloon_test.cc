// SPDX-License-Identifier: BSD-3-Clause
// The balloon's target, its state, and what the guest makes of it.
#include "vmm/virtio/balloon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "vmm/virtio/device_thread.h"
#include "vmm/virtio/test_balloon.h"
#include "vmm/virtio/virtio_spec.h"

namespace vm_control::vmm {
namespace {

using std::chrono::milliseconds;

TEST_F(BalloonTest, OffersWhatItCanDo) {
  EXPECT_EQ(driver_->read(0x08), 5u);
  EXPECT_EQ(driver_->offered_features() & 0xffffff, kStats | kPoison | kReports | 1 << 2);
}

TEST_F(BalloonTest, CanNotBeAskedBeforeTheDriverIsReady) {
  driver_->negotiate(kStats);
  EXPECT_EQ(balloon().status().state, BalloonState::kNotReady);
  EXPECT_EQ(balloon().adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(balloon().set_target(kPageSize).error().code(), ENOTCONN);
  EXPECT_EQ(balloon().request_stats().error().code(), ENOTCONN);
  EXPECT_EQ(driver_->read(kNumPages), 0u);
}

TEST_F(BalloonTest, IsReadyAsSoonAsTheDriverSaysSo) {
  driver_->negotiate(0);
  driver_->set_driver_ok();
  // The device thread has not had a turn yet.
  EXPECT_EQ(balloon().status().state, BalloonState::kIdle);
  EXPECT_TRUE(balloon().adjust(1));
}

TEST_F(BalloonTest, TellsTheDriverItsTarget) {
  begin();
  EXPECT_EQ(balloon().status().state, BalloonState::kIdle);
  uint32_t generation = driver_->read(TestDriver::kConfigGeneration);
  ASSERT_TRUE(balloon().adjust(100));
  EXPECT_EQ(driver_->take_interrupt(), 2u);
  EXPECT_NE(driver_->read(TestDriver::kConfigGeneration), generation);
  EXPECT_EQ(driver_->read(kNumPages), 100u);
  EXPECT_EQ(balloon().status().state, BalloonState::kAdjusting);

  ASSERT_TRUE(balloon().set_target(40 * kPageSize));
  EXPECT_EQ(driver_->take_interrupt(), 2u);
  EXPECT_EQ(driver_->read(kNumPages), 40u);
  ASSERT_TRUE(balloon().adjust(0));
  ASSERT_TRUE(balloon().set_target(40 * kPageSize));
  EXPECT_EQ(driver_->take_interrupt(), 0u) << "nothing moved";
}

TEST_F(BalloonTest, KeepsItsTargetBetweenNothingAndAllRam) {
  begin();
  ASSERT_TRUE(balloon().set_target(UINT64_MAX / kPageSize * kPageSize));
  EXPECT_EQ(driver_->read(kNumPages), kRamPages);
  ASSERT_TRUE(balloon().adjust(INT32_MAX));
  EXPECT_EQ(driver_->read(kNumPages), kRamPages);
  ASSERT_TRUE(balloon().adjust(INT32_MIN));
  EXPECT_EQ(driver_->read(kNumPages), 0u);
}

TEST_F(BalloonTest, TellsHowFarTheGuestIs) {
  begin();
  ASSERT_TRUE(balloon().adjust(100));
  driver_->write(kActual, 60);
  EXPECT_EQ(driver_->read(kActual), 60u);
  EXPECT_EQ(balloon().status().actual_bytes, 60 * kPageSize);
  EXPECT_EQ(balloon().status().state, BalloonState::kAdjusting);
  driver_->write(kActual, 100);
  EXPECT_EQ(balloon().status().state, BalloonState::kIdle);
}

TEST_F(BalloonTest, BelievesNoGuestThatGivesMoreThanItHas) {
  begin();
  driver_->write(kActual, UINT32_MAX);
  EXPECT_EQ(balloon().status().actual_bytes, kRamPages * kPageSize);
}

TEST_F(BalloonTest, HearsASizeThatIsToldBeforeTheDeviceThreadWakes) {
  driver_->negotiate(0);
  driver_->set_driver_ok();
  driver_->write(kActual, 7);
  run();
  EXPECT_EQ(balloon().status().actual_bytes, 7 * kPageSize);
}

TEST_F(BalloonTest, LetsTheDriverWriteOnlyItsOwnFields) {
  begin();
  driver_->write(kNumPages, 77);
  driver_->write(kNumPages + 8, 77);
  EXPECT_EQ(driver_->read(kNumPages), 0u);
  EXPECT_EQ(driver_->read(kNumPages + 8), 0u);
  driver_->write(kNumPages + 16, 77);
  EXPECT_EQ(driver_->read(kNumPages + 16), 0u) << "past the end";
}

// While a VM is paused its driver does nothing; the last target is the one that it finds.
TEST_F(BalloonTest, CanBeAdjustedWhileNobodyFollows) {
  begin();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(balloon().adjust(1));
  ASSERT_TRUE(balloon().adjust(-300));
  run();
  EXPECT_EQ(driver_->take_interrupt(), 2u);
  EXPECT_EQ(driver_->read(kNumPages), 700u);
}

TEST_F(BalloonTest, KeepsItsTargetForTheNextDriver) {
  begin();
  ASSERT_TRUE(balloon().adjust(100));
  driver_->write(kActual, 100);
  driver_->reset();
  EXPECT_EQ(balloon().status().state, BalloonState::kNotReady);
  EXPECT_EQ(balloon().status().actual_bytes, 0u);
  EXPECT_EQ(balloon().adjust(1).error().code(), ENOTCONN) << "the driver is unbound";
  EXPECT_EQ(driver_->read(kActual), 0u);
  begin();
  EXPECT_EQ(driver_->read(kNumPages), 100u);
  EXPECT_EQ(balloon().status().state, BalloonState::kAdjusting);
  ASSERT_TRUE(balloon().adjust(-40));
  EXPECT_EQ(driver_->read(kNumPages), 60u);
}

TEST_F(BalloonTest, IsNotReadyOnceItsDriverHasBrokenARule) {
  begin();
  inflate_.skip(100);
  driver_->notify(0);
  run();
  EXPECT_EQ(driver_->status(), 15u | virtio::kNeedsReset);
  EXPECT_EQ(balloon().status().state, BalloonState::kNotReady);
  EXPECT_EQ(balloon().adjust(1).error().code(), ENOTCONN);
}

TEST_F(BalloonTest, TakesBackMoreThanWasGiven) {
  begin();
  touch(kFirstPage, 4);
  driver_->write(kActual, 1);
  offer_pages(deflate_, 0, {kFirstPage, kFirstPage + 1, kFirstPage, UINT32_MAX});
  driver_->notify(1);
  run();
  EXPECT_TRUE(deflate_.take_used());
  EXPECT_EQ(resident(kFirstPage, 4), 4u);
  EXPECT_EQ(balloon().totals().returned_pages, 0u);
  driver_->write(kActual, 0xffffffff);  // -1, if it were
  EXPECT_EQ(balloon().status().actual_bytes, kRamPages * kPageSize);
}

TEST_F(BalloonTest, TakesBackAllThatIsOfferedInSeveralTurns) {
  begin();
  for (uint16_t i = 0; i < TestDriver::kQueueSize; ++i) deflate_.offer_buffer(i, kData, 4);
  driver_->notify(1);
  run();
  for (uint16_t i = 0; i < TestDriver::kQueueSize; ++i) ASSERT_TRUE(deflate_.take_used());
}

TEST_F(BalloonTest, TellsItsOwnerWhatChanges) {
  begin();
  run();
  EXPECT_EQ(changes_, 1);
  std::this_thread::sleep_for(milliseconds(60));
  driver_->write(kActual, 1);
  run();
  EXPECT_EQ(changes_, 2);
}

TEST_F(BalloonTest, TellsItsOwnerNoMoreOftenThanTheGuestMayAsk) {
  begin();
  auto start = Timer::Clock::now();
  for (uint32_t i = 1; i < 1000; ++i) {
    driver_->write(kActual, i);
    run();
  }
  auto took = Timer::Clock::now() - start;
  EXPECT_LE(changes_, 2 + took / milliseconds(50));
  int before = changes_;
  std::this_thread::sleep_for(milliseconds(60));
  run();
  EXPECT_GT(changes_, before) << "the last change is told later";
}

TEST_F(BalloonTest, TellsItsOwnerWhenTheGuestIsStuck) {
  behind_ = std::chrono::seconds(5) - milliseconds(200);
  begin();
  ASSERT_TRUE(balloon().adjust(100));
  std::this_thread::sleep_for(milliseconds(60));
  run();
  int before = changes_;
  EXPECT_EQ(balloon().status().state, BalloonState::kAdjusting);
  behind_ = milliseconds(0);
  std::this_thread::sleep_for(milliseconds(250));
  run();
  EXPECT_GT(changes_, before);
  EXPECT_EQ(balloon().status().state, BalloonState::kStuck);
}

// A guest that inflates and resets as fast as it can, and owners that ask meanwhile.
TEST_F(BalloonTest, IsServedOnItsThreadWhileOthersAsk) {
  touch(kFirstPage, 64);
  {
    auto thread = *DeviceThread::start(loop_, [] {});
    std::atomic<bool> done{false};
    std::thread owner([&] {
      while (!done) {
        ignore(balloon().adjust(1), "the driver may have gone");
        ignore(balloon().request_stats(), "the driver may have gone");
        EXPECT_LE(balloon().status().actual_bytes, kRamPages * kPageSize);
        static_cast<void>(balloon().stats());
      }
    });
    for (int round = 0; round < 50; ++round) {
      driver_->negotiate(kStats);
      inflate_ = driver_->add_queue(0);
      TestQueue stats = driver_->add_queue(2);
      driver_->set_driver_ok();
      stats.offer_buffer(0, kData + 0x8000, 100);
      driver_->notify(2);
      offer_pages(inflate_, 0, {kFirstPage + 3, kFirstPage + 2});
      driver_->notify(0);
      driver_->write(kActual, 2);
      if (round % 2 == 0) {
        while (!inflate_.take_used()) std::this_thread::yield();
      }
      driver_->reset();
    }
    done = true;
    owner.join();
  }
  EXPECT_EQ(balloon().status().state, BalloonState::kNotReady);
  EXPECT_GE(balloon().totals().returned_pages, 2u * 25);
}

}  // namespace
}  // namespace vm_control::vmm
