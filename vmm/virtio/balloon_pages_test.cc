// SPDX-License-Identifier: BSD-3-Clause
// Tests what becomes of the guest's memory: inflated pages and reported pages.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "vmm/virtio/test_balloon.h"

namespace vm_control::vmm {
namespace {

std::vector<uint32_t> pages_from(uint32_t first, uint32_t count) {
  std::vector<uint32_t> pages(count);
  std::iota(pages.begin(), pages.end(), first);
  return pages;
}

TEST_F(BalloonTest, GivesInflatedPagesBackToTheHost) {
  begin();
  touch(kFirstPage, 256);
  EXPECT_EQ(resident(kFirstPage, 256), 256u);
  inflate(pages_from(kFirstPage, 256));
  EXPECT_EQ(resident(kFirstPage, 256), 0u);
  EXPECT_EQ(*ram_.load<uint32_t>(GuestAddress(kFirstPage * kPageSize)), 0u);
}

TEST_F(BalloonTest, GivesContiguousPagesBackAtOnceInWhateverOrderTheyCome) {
  begin();
  touch(kFirstPage, 200);
  std::vector<uint32_t> pages = pages_from(kFirstPage, 200);
  std::ranges::reverse(pages);
  std::swap(pages[3], pages[150]);
  // Three chains before the device looks.
  offer_pages(inflate_, 0, {pages.begin(), pages.begin() + 90});
  offer_pages(inflate_, 1, {pages.begin() + 90, pages.begin() + 91});
  offer_pages(inflate_, 2, {pages.begin() + 91, pages.end()});
  driver_->notify(0);
  run();
  for (uint32_t head = 0; head < 3; ++head) {
    EXPECT_EQ(inflate_.take_used(), (TestQueue::Used{head, 0}));
  }
  EXPECT_EQ(resident(kFirstPage, 200), 0u);
  EXPECT_EQ(balloon().totals().ranges, 1u);
  EXPECT_EQ(balloon().totals().returned_pages, 200u);
}

TEST_F(BalloonTest, GivesEachGroupOfPagesBackByItself) {
  begin();
  touch(kFirstPage, 10);
  inflate({kFirstPage + 7, kFirstPage + 1, kFirstPage + 2, kFirstPage + 8});
  EXPECT_EQ(balloon().totals().ranges, 2u);
  for (uint32_t kept : {0u, 3u, 4u, 5u, 6u, 9u}) EXPECT_TRUE(is_kept(kFirstPage + kept));
  EXPECT_EQ(resident(kFirstPage, 10), 6u);
}

// Only what was asked for goes back, even from the middle of a huge page.
TEST_F(BalloonTest, SplitsHugePagesBySinglePages) {
  begin();
  touch(kFirstPage, 512);
  for (uint32_t page = kFirstPage; page < kFirstPage + 512; page += 2) inflate({page});
  EXPECT_EQ(resident(kFirstPage, 512), 256u);
  for (uint32_t page = kFirstPage + 1; page < kFirstPage + 512; page += 2) {
    ASSERT_TRUE(is_kept(page)) << page;
  }
}

TEST_F(BalloonTest, TakesAPageTwice) {
  begin();
  touch(kFirstPage, 3);
  inflate({kFirstPage + 1, kFirstPage, kFirstPage + 1, kFirstPage});
  EXPECT_EQ(balloon().totals().returned_pages, 2u);
  EXPECT_EQ(balloon().totals().ranges, 1u);
  inflate({kFirstPage});
  EXPECT_TRUE(is_kept(kFirstPage + 2));
  EXPECT_EQ(resident(kFirstPage, 3), 1u);
}

TEST_F(BalloonTest, SkipsPagesThatAreNotRam) {
  begin();
  touch(kFirstPage, 2);
  constexpr uint32_t kRamEnd = kTestRamSize / kPageSize;
  constexpr uint32_t kHigh = kTestHighRam / kPageSize;
  touch(kRamEnd - 1, 1);
  inflate({UINT32_MAX, kRamEnd, kFirstPage, kHigh - 1, kHigh + 512, kRamEnd - 1, kHigh});
  EXPECT_EQ(balloon().totals().refused_pages, 4u);
  EXPECT_EQ(balloon().totals().returned_pages, 3u);
  EXPECT_EQ(resident(kFirstPage, 2), 1u);
  EXPECT_EQ(resident(kRamEnd - 1, 1), 0u);
  EXPECT_EQ(driver_->status(), 15u);
}

TEST_F(BalloonTest, TakesChainsThatNameNothing) {
  begin();
  inflate({});
  inflate_.offer_buffer(0, kData, 3);
  inflate_.offer_buffer(1, kData, 8, TestQueue::kWrite);
  driver_->notify(0);
  run();
  EXPECT_TRUE(inflate_.take_used());
  EXPECT_TRUE(inflate_.take_used());
  EXPECT_EQ(balloon().totals().returned_pages + balloon().totals().refused_pages, 0u);
}

TEST_F(BalloonTest, ReadsNumbersAcrossTheEndsOfBuffers) {
  begin();
  touch(kFirstPage, 2);
  ASSERT_TRUE(ram_.store(GuestAddress(kData), kFirstPage));
  ASSERT_TRUE(ram_.store(GuestAddress(kData + 4), kFirstPage + 1));
  inflate_.set_descriptor(0, {.address = kData, .length = 3, .flags = TestQueue::kNext, .next = 3});
  inflate_.set_descriptor(3, {.address = kData + 3, .length = 5});
  inflate_.offer(0);
  driver_->notify(0);
  run();
  EXPECT_TRUE(inflate_.take_used());
  EXPECT_EQ(balloon().totals().returned_pages, 2u);
}

// More than one turn takes, in one chain and then in many.
TEST_F(BalloonTest, FollowsAGuestThatIsFasterThanItself) {
  begin();
  uint32_t count = 3 * InflateQueue::kPagesPerTurn + 17;
  std::vector<uint32_t> all;
  while (all.size() < count) all.push_back(kFirstPage + static_cast<uint32_t>(all.size()) % 512);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(ram_.store(GuestAddress(kData + 4 * i), all[i]));
  }
  for (uint16_t head = 0; head < TestDriver::kQueueSize; ++head) {
    inflate_.offer_buffer(head, kData, 4 * count);
  }
  driver_->notify(0);
  loop_.run_once(0);
  EXPECT_FALSE(inflate_.take_used()) << "the first turn is over before the chain is done";
  run();
  for (uint32_t head = 0; head < TestDriver::kQueueSize; ++head) {
    EXPECT_EQ(inflate_.take_used(), (TestQueue::Used{head, 0}));
  }
}

TEST_F(BalloonTest, TouchesNothingAfterAResetAmidAChain) {
  begin();
  uint32_t count = InflateQueue::kPagesPerTurn + 8;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t page = kFirstPage + (i < InflateQueue::kPagesPerTurn ? 0 : 1);
    ASSERT_TRUE(ram_.store(GuestAddress(kData + 4 * uint64_t{i}), page));
  }
  inflate_.offer_buffer(0, kData, 4 * count);
  touch(kFirstPage, 2);
  driver_->notify(0);
  loop_.run_once(0);
  EXPECT_FALSE(is_kept(kFirstPage));
  driver_->reset();
  run();
  EXPECT_TRUE(is_kept(kFirstPage + 1));
  EXPECT_FALSE(inflate_.take_used());
  begin();
  inflate({kFirstPage + 1});
  EXPECT_FALSE(is_kept(kFirstPage + 1));
}

// Linux numbers the queues that a driver uses; the specification gives reports the number 4.
TEST_F(BalloonTest, GivesReportedPagesBackToTheHost) {
  struct Case {
    uint16_t index;
    uint64_t features;
  };
  for (Case each : {Case{2, kReports}, Case{3, kReports | kStats}, Case{4, kReports | kStats}}) {
    TestQueue reports = begin_with(each.index, each.features);
    touch(kFirstPage, 512);
    reports.offer_buffer(0, kFirstPage * kPageSize, 512 * kPageSize, TestQueue::kWrite);
    driver_->notify(each.index);
    run();
    EXPECT_EQ(reports.take_used(), (TestQueue::Used{0, 0}));
    EXPECT_EQ(resident(kFirstPage, 512), 0u);
    driver_->reset();
  }
}

TEST_F(BalloonTest, GivesOnlyWholePagesOfAReportBack) {
  TestQueue reports = begin_with(2, kReports);
  touch(kFirstPage, 8);
  uint64_t at = kFirstPage * kPageSize;
  reports.set_descriptor(0, {.address = at + 8,
                             .length = 4096,
                             .flags = TestQueue::kWrite | TestQueue::kNext,
                             .next = 1});
  reports.set_descriptor(1, {.address = at + 2 * kPageSize - 8,
                             .length = 2 * kPageSize + 16,
                             .flags = TestQueue::kWrite});
  reports.offer(0);
  driver_->notify(2);
  run();
  EXPECT_TRUE(reports.take_used());
  EXPECT_EQ(balloon().totals().returned_pages, 2u);
  for (uint32_t kept : {0u, 1u, 4u, 5u}) EXPECT_TRUE(is_kept(kFirstPage + kept));
  EXPECT_EQ(resident(kFirstPage, 8), 6u);
}

TEST_F(BalloonTest, KeepsReportedPagesThatTheGuestPoisons) {
  driver_->negotiate(kReports | kPoison);
  driver_->write(kPoisonValue, 0xaaaaaaaa);
  TestQueue reports = driver_->add_queue(2);
  driver_->set_driver_ok();
  touch(kFirstPage, 1);
  reports.offer_buffer(0, kFirstPage * kPageSize, kPageSize, TestQueue::kWrite);
  driver_->notify(2);
  run();
  EXPECT_TRUE(reports.take_used());
  EXPECT_TRUE(is_kept(kFirstPage));
}

TEST_F(BalloonTest, GivesReportedPagesBackThatTheGuestFillsWithZeros) {
  TestQueue reports = begin_with(2, kReports | kPoison);
  touch(kFirstPage, 1);
  reports.offer_buffer(0, kFirstPage * kPageSize, kPageSize, TestQueue::kWrite);
  driver_->notify(2);
  run();
  EXPECT_FALSE(is_kept(kFirstPage));
}

TEST_F(BalloonTest, IgnoresAPoisonThatTheDriverHasNoFeatureFor) {
  TestQueue reports = begin_with(2, kReports);
  driver_->write(kPoisonValue, 0xaaaaaaaa);
  touch(kFirstPage, 1);
  reports.offer_buffer(0, kFirstPage * kPageSize, kPageSize, TestQueue::kWrite);
  driver_->notify(2);
  run();
  EXPECT_FALSE(is_kept(kFirstPage));
}

TEST_F(BalloonTest, IgnoresReportsThatTheDriverHasNoFeatureFor) {
  TestQueue reports = begin_with(4, 0);
  touch(kFirstPage, 1);
  reports.offer_buffer(0, kFirstPage * kPageSize, kPageSize, TestQueue::kWrite);
  driver_->notify(4);
  run();
  EXPECT_TRUE(is_kept(kFirstPage));
  EXPECT_TRUE(reports.take_used());
}

TEST(ReportingQueue, TakesARangeOfAnySizeInSeveralTurns) {
  constexpr uint64_t kSize = 2 * ReportingQueue::kBytesPerTurn + 4 * kPageSize;
  auto ranges = std::vector{*GuestRange::create(GuestAddress(0), kSize)};
  GuestRam ram = *GuestRam::create(ranges);
  TestQueue driver(ram, 0, 8);
  Virtqueue queue = *Virtqueue::create(ram, driver.layout(), 8, 0);
  PageReturner pages(ram);
  ReportingQueue reporting(pages);
  driver.offer_buffer(0, 3 * kPageSize, kSize - 3 * kPageSize, TestQueue::kWrite);
  EXPECT_TRUE(*reporting.serve(queue, true));
  EXPECT_EQ(pages.totals().returned_pages * kPageSize, ReportingQueue::kBytesPerTurn);
  EXPECT_TRUE(*reporting.serve(queue, true));
  EXPECT_FALSE(driver.take_used());
  EXPECT_FALSE(*reporting.serve(queue, true));
  EXPECT_TRUE(driver.take_used());
  EXPECT_EQ(pages.totals().returned_pages * kPageSize, kSize - 3 * kPageSize);
}

}  // namespace
}  // namespace vm_control::vmm
