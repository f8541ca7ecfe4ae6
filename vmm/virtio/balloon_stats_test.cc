// SPDX-License-Identifier: BSD-3-Clause
// The statistics of the guest's memory.
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "vmm/virtio/test_balloon.h"

namespace vm_control::vmm {
namespace {

class BalloonStatsTest : public BalloonTest {
 protected:
  using Entries = std::vector<std::pair<uint16_t, uint64_t>>;

  // The driver tells these statistics.
  void tell(TestQueue& queue, const Entries& entries, uint16_t head = 0) {
    uint64_t at = kData;
    for (auto [tag, value] : entries) {
      ASSERT_TRUE(ram_.store(GuestAddress(at), tag));
      ASSERT_TRUE(ram_.store(GuestAddress(at + 2), value));
      at += 10;
    }
    queue.offer_buffer(head, kData, static_cast<uint32_t>(at - kData));
    driver_->notify(2);
    run();
  }
};

TEST_F(BalloonStatsTest, AreThereOnceTheDriverTellsThem) {
  TestQueue queue = begin_with(2, kStats);
  EXPECT_FALSE(balloon().stats());
  EXPECT_EQ(balloon().reports(), 0u);
  tell(queue, {{0, 1}, {4, 400}, {5, 500}, {6, 600}, {7, 700}, {99, 2}});
  auto stats = balloon().stats();
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->free_bytes, 400u);
  EXPECT_EQ(stats->total_bytes, 500u);
  EXPECT_EQ(stats->available_bytes, 600u);
  EXPECT_EQ(stats->disk_caches_bytes, 700u);
  EXPECT_EQ(balloon().reports(), 1u);
  EXPECT_FALSE(queue.take_used()) << "the device keeps the buffer";
}

TEST_F(BalloonStatsTest, AreFreshWhenTheyWereAskedFor) {
  TestQueue queue = begin_with(2, kStats);
  tell(queue, {{4, 400}});
  ASSERT_TRUE(balloon().request_stats());
  run();
  EXPECT_EQ(queue.take_used(), (TestQueue::Used{0, 0})) << "the question";
  ASSERT_TRUE(balloon().request_stats());
  run();
  EXPECT_FALSE(queue.take_used()) << "one at a time";
  EXPECT_EQ(balloon().reports(), 1u);
  tell(queue, {{4, 300}});
  EXPECT_EQ(balloon().stats()->free_bytes, 300u);
  EXPECT_EQ(balloon().reports(), 2u);
  EXPECT_TRUE(queue.take_used()) << "the second question";
  tell(queue, {{4, 200}});
  EXPECT_FALSE(queue.take_used());
  EXPECT_EQ(balloon().reports(), 3u);
}

TEST_F(BalloonStatsTest, AreToldToTheOwner) {
  TestQueue queue = begin_with(2, kStats);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  int before = changes_;
  tell(queue, {});
  EXPECT_EQ(changes_, before + 1);
}

TEST_F(BalloonStatsTest, GrowOld) {
  behind_ = std::chrono::seconds(3);
  TestQueue queue = begin_with(2, kStats);
  tell(queue, {});
  behind_ = std::chrono::seconds(0);
  EXPECT_GE(balloon().stats()->age_ms, 3000u);
  EXPECT_FALSE(balloon().stats()->free_bytes);
}

TEST_F(BalloonStatsTest, AreNotThereIfTheDriverHasNone) {
  begin();
  EXPECT_EQ(balloon().request_stats().error().code(), ENOTSUP);
  EXPECT_FALSE(balloon().stats());
}

TEST_F(BalloonStatsTest, EndWithTheDriver) {
  TestQueue queue = begin_with(2, kStats);
  tell(queue, {{4, 400}});
  ASSERT_TRUE(balloon().request_stats());
  driver_->reset();
  run();
  EXPECT_FALSE(queue.take_used());
  EXPECT_FALSE(balloon().stats());
  EXPECT_EQ(balloon().request_stats().error().code(), ENOTCONN);

  queue = begin_with(2, kStats);
  tell(queue, {{4, 100}});
  EXPECT_EQ(balloon().stats()->free_bytes, 100u);
  EXPECT_FALSE(queue.take_used()) << "nobody has asked this driver";
  ASSERT_TRUE(balloon().request_stats());
  run();
  EXPECT_TRUE(queue.take_used());
}

TEST_F(BalloonStatsTest, SurviveADriverThatOffersSeveralBuffers) {
  TestQueue queue = begin_with(2, kStats);
  for (uint16_t head = 0; head < 40; ++head) queue.offer_buffer(head, kData, 10);
  driver_->notify(2);
  run();
  for (uint32_t head = 0; head < 39; ++head) {
    EXPECT_EQ(queue.take_used(), (TestQueue::Used{head, 0}));
  }
  EXPECT_FALSE(queue.take_used());
  EXPECT_LE(balloon().reports(), 40u);
}

TEST_F(BalloonStatsTest, AreReadOnlyAsFarAsTheyGo) {
  TestQueue queue = begin_with(2, kStats);
  ASSERT_TRUE(ram_.store(GuestAddress(kData), uint16_t{4}));
  queue.offer_buffer(0, kData, 9);
  driver_->notify(2);
  run();
  ASSERT_TRUE(balloon().stats());
  EXPECT_FALSE(balloon().stats()->free_bytes) << "an entry without an end";

  Entries many(64, {0, 1});
  many.push_back({4, 400});
  ASSERT_TRUE(balloon().request_stats());
  tell(queue, many, 1);
  EXPECT_FALSE(balloon().stats()->free_bytes) << "more entries than any driver has";
  tell(queue, {{4, UINT64_MAX}, {5, 5}}, 2);
  EXPECT_FALSE(balloon().stats()->free_bytes) << "one that the driver can't tell";
  EXPECT_EQ(balloon().stats()->total_bytes, 5u);
}

}  // namespace
}  // namespace vm_control::vmm
