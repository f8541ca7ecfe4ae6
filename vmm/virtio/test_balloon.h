// SPDX-License-Identifier: BSD-3-Clause
// A balloon with the registers in front of it and a driver in a guest, for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <utility>
#include <vector>

#include "vm_control/base/page.h"
#include "vmm/virtio/balloon.h"
#include "vmm/virtio/test_driver.h"
#include "vmm/virtio/virtio_mmio.h"

namespace vm_control::vmm {

class BalloonTest : public testing::Test {
 protected:
  static constexpr uint64_t kStats = 1 << 1;
  static constexpr uint64_t kPoison = 1 << 4;
  static constexpr uint64_t kReports = 1 << 5;
  // Of the device's configuration, from its start.
  static constexpr uint64_t kNumPages = TestDriver::kConfig;
  static constexpr uint64_t kActual = TestDriver::kConfig + 4;
  static constexpr uint64_t kPoisonValue = TestDriver::kConfig + 12;
  static constexpr uint64_t kRamPages = 1536;
  // Where the tests put what the driver sends, and the pages that it gives back.
  static constexpr uint64_t kData = 0x80000;
  static constexpr uint32_t kFirstPage = 0x200;

  BalloonTest() {
    behind_ = {};
    balloon_ =
        *VirtioBalloon::create(ram_, loop_, {.on_change = [this] { ++changes_; }, .now = &now});
    balloon_at_ = balloon_.get();
    mmio_ = *VirtioMmio::create(ram_, *interrupts_.allocate(), std::move(balloon_), loop_);
    driver_ = std::make_unique<TestDriver>(ram_, *mmio_);
  }

  // The balloon's clock: behind the real one by as much as a test likes.
  static VirtioBalloon::Clock::time_point now() { return VirtioBalloon::Clock::now() - behind_; }

  VirtioBalloon& balloon() { return *balloon_at_; }

  // Has the device thread do all that there is to do.
  void run() {
    while (loop_.run_once(0) > 0) {
    }
  }

  // A driver begins, with queues 0 and 1.
  void begin(uint64_t features = 0) {
    driver_->negotiate(features);
    inflate_ = driver_->add_queue(0);
    deflate_ = driver_->add_queue(1);
    driver_->set_driver_ok();
    run();
  }
  // ... and the queue `index`, which is returned.
  TestQueue begin_with(uint16_t index, uint64_t features) {
    driver_->negotiate(features);
    inflate_ = driver_->add_queue(0);
    deflate_ = driver_->add_queue(1);
    TestQueue queue = driver_->add_queue(index);
    driver_->set_driver_ok();
    run();
    return queue;
  }

  // Offers a chain of one buffer that names `pages`.
  void offer_pages(TestQueue& queue, uint16_t head, const std::vector<uint32_t>& pages) {
    uint64_t at = kData + 0x1000 * uint64_t{head};
    for (size_t i = 0; i < pages.size(); ++i) {
      ASSERT_TRUE(ram_.store(GuestAddress(at + 4 * i), pages[i]));
    }
    queue.offer_buffer(head, at, static_cast<uint32_t>(4 * pages.size()));
  }
  void inflate(const std::vector<uint32_t>& pages) {
    offer_pages(inflate_, 0, pages);
    driver_->notify(0);
    run();
    EXPECT_EQ(inflate_.take_used(), (TestQueue::Used{0, 0}));
  }

  // Writes to each page, so that the host has it in memory.
  void touch(uint32_t first, uint32_t count) {
    for (uint32_t page = first; page < first + count; ++page) {
      ASSERT_TRUE(ram_.store(GuestAddress(page * kPageSize), page));
    }
  }
  bool is_kept(uint32_t page) const {
    return *ram_.load<uint32_t>(GuestAddress(page * kPageSize)) == page;
  }
  // The pages that the host keeps in memory.
  size_t resident(uint32_t first, uint32_t count) const {
    auto bytes = *ram_.bytes(GuestAddress(first * kPageSize), count * kPageSize);
    std::vector<unsigned char> pages(count);
    EXPECT_EQ(mincore(bytes.data(), bytes.size(), pages.data()), 0);
    size_t kept = 0;
    for (unsigned char page : pages) kept += page & 1;
    return kept;
  }

  static inline VirtioBalloon::Clock::duration behind_{0};

  GuestRam ram_ = make_test_ram();
  EventLoop loop_ = *EventLoop::create();
  InterruptTable interrupts_;
  int changes_ = 0;
  std::unique_ptr<VirtioBalloon> balloon_;  // until the transport has it
  VirtioBalloon* balloon_at_ = nullptr;
  std::unique_ptr<VirtioMmio> mmio_;
  std::unique_ptr<TestDriver> driver_;
  TestQueue inflate_{ram_, 0, TestDriver::kQueueSize};
  TestQueue deflate_{ram_, 0, TestDriver::kQueueSize};
};

}  // namespace vm_control::vmm
