// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memory_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <future>
#include <thread>

namespace vm_control {
namespace {

using testing::ElementsAre;

constexpr GuestAddress kHere(0x8000'0000);
constexpr GuestAddress kThere(0x8000'1000);
constexpr int kPatienceMs = 20'000;

class MemoryFaultsTest : public testing::Test {
 protected:
  bool is_signalled(int timeout_ms = 0) {
    pollfd waiting{.fd = faults_->event().fd(), .events = POLLIN, .revents = 0};
    return poll(&waiting, 1, timeout_ms) == 1;
  }

  // A vCPU thread's report, of a vCPU that entered the guest just now.
  std::future<bool> report(std::optional<GuestAddress> where) {
    return report(where, faults_->epoch());
  }
  std::future<bool> report(std::optional<GuestAddress> where, uint64_t epoch) {
    return std::async(std::launch::async,
                      [this, where, epoch] { return faults_->handle_fault(where, epoch); });
  }

  // Serves with a quarantine and a check that say `outcome`, and tells in asked_ what the one was
  // called for, and in checked_ what the other was.
  void serve(bool outcome) {
    faults_->serve(
        [&](std::optional<GuestAddress> where) {
          asked_.push_back(where);
          return outcome;
        },
        [&](GuestAddress where) {
          checked_.push_back(where);
          return outcome;
        });
  }

  std::unique_ptr<MemoryFaults> faults_ = *MemoryFaults::create();
  std::vector<std::optional<GuestAddress>> asked_;
  std::vector<GuestAddress> checked_;
};

TEST_F(MemoryFaultsTest, AFaultWaitsForTheControlThreadAndGetsItsOutcome) {
  for (bool outcome : {true, false}) {
    asked_.clear();
    auto fault = report(kHere);
    ASSERT_TRUE(is_signalled(kPatienceMs));
    EXPECT_EQ(fault.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
    serve(outcome);
    EXPECT_EQ(fault.get(), outcome);
    EXPECT_THAT(asked_, ElementsAre(kHere));
    EXPECT_FALSE(is_signalled());
  }
}

TEST_F(MemoryFaultsTest, AFaultOfAnUnknownAddressIsOneToo) {
  auto fault = report(std::nullopt);
  ASSERT_TRUE(is_signalled(kPatienceMs));
  serve(true);
  EXPECT_TRUE(fault.get());
  EXPECT_THAT(asked_, ElementsAre(std::nullopt));
}

TEST_F(MemoryFaultsTest, AFaultThatWasRepairedBeforeItCameIsTriedAgainWithoutAsking) {
  uint64_t before = faults_->epoch();
  auto first = report(kHere, before);
  ASSERT_TRUE(is_signalled(kPatienceMs));
  serve(true);
  EXPECT_TRUE(first.get());
  // This vCPU was in the guest meanwhile, and hit what was still broken then.
  auto second = report(kHere, before);
  ASSERT_TRUE(is_signalled(kPatienceMs));
  serve(false);
  EXPECT_TRUE(second.get());
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(MemoryFaultsTest, AccessesAreReportedOnlyWhileSomebodyWatches) {
  faults_->notify_access(kHere);
  EXPECT_FALSE(is_signalled());
  faults_->set_watching(true);
  faults_->notify_access(kHere);
  EXPECT_TRUE(is_signalled());
  serve(true);
  EXPECT_THAT(checked_, ElementsAre(kHere));
  EXPECT_TRUE(asked_.empty());
  faults_->set_watching(false);
  faults_->notify_access(kHere);
  EXPECT_FALSE(is_signalled());
}

TEST_F(MemoryFaultsTest, APageIsCheckedOnceUntilItIsAccessedAgain) {
  faults_->set_watching(true);
  for (uint64_t offset : {0u, 8u, 4095u}) {
    faults_->notify_access(*kHere.checked_add(offset));
  }
  EXPECT_EQ(faults_->event().take(), 1u);
  faults_->notify_access(kThere);
  serve(false);
  EXPECT_THAT(checked_, ElementsAre(kHere, kThere));
  serve(false);
  EXPECT_EQ(checked_.size(), 2u);
  faults_->notify_access(kHere);
  EXPECT_TRUE(is_signalled());
}

TEST_F(MemoryFaultsTest, AFloodOfAccessesIsForgotten) {
  faults_->set_watching(true);
  for (uint64_t page = 0; page < 10'000; ++page) {
    faults_->notify_access(*kHere.checked_add(page * kPageSize));
  }
  serve(false);
  EXPECT_EQ(checked_.size(), 64u);
  faults_->notify_access(kHere);
  serve(false);
  EXPECT_EQ(checked_.size(), 65u);
}

TEST_F(MemoryFaultsTest, StoppingReleasesThoseWhoWaitAndThoseWhoCome) {
  auto waiting = report(kHere);
  ASSERT_TRUE(is_signalled(kPatienceMs));
  faults_->stop();
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE(faults_->handle_fault(kHere, faults_->epoch()));
  // The fault that was left behind does no harm.
  serve(true);
}

TEST_F(MemoryFaultsTest, StoppingDuringAQuarantineReleasesItsFault) {
  auto waiting = report(kHere);
  ASSERT_TRUE(is_signalled(kPatienceMs));
  auto quarantine = [&](auto) {
    faults_->stop();
    EXPECT_FALSE(waiting.get());
    return true;
  };
  faults_->serve(quarantine, [](GuestAddress) { return false; });
}

TEST_F(MemoryFaultsTest, ServesManyThreadsUntilItIsStopped) {
  faults_->set_watching(true);
  std::vector<std::thread> vcpus;
  std::atomic<int> served{0};
  std::atomic<int> running{4};
  for (int i = 0; i < 4; ++i) {
    vcpus.emplace_back([&] {
      while (faults_->handle_fault(kHere, faults_->epoch())) {
        faults_->notify_access(kHere);
        ++served;
      }
      --running;
    });
  }
  while (served < 1000) {
    if (is_signalled(1)) serve(true);
  }
  faults_->stop();
  for (std::thread& each : vcpus) each.join();
  EXPECT_EQ(running, 0);
}

}  // namespace
}  // namespace vm_control
