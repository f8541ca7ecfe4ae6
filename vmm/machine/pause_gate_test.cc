// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/pause_gate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace vm_control::vmm {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// Plain threads stand in for vCPUs. Their "guest code" spins until a kick.
class PauseGateTest : public testing::Test {
 protected:
  ~PauseGateTest() override {
    stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void start(size_t threads) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }

  void run() {
    while (gate_.enter()) {
      ++in_guest_;
      while (!kicked_) std::this_thread::yield();
      --in_guest_;
      gate_.leave();
      std::this_thread::yield();
    }
  }

  void pause() {
    gate_.pause();
    kicked_ = true;
  }
  void resume() {
    kicked_ = false;
    gate_.resume();
  }
  void stop() {
    gate_.stop();
    kicked_ = true;
  }

  template <class Condition>
  static bool becomes_true(Condition condition) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
  }

  bool becomes(VmState state) {
    return becomes_true([&] { return gate_.state() == state; });
  }

  PauseGate gate_{*EventFd::create()};
  std::atomic<bool> kicked_{false};
  std::atomic<size_t> in_guest_{0};
  std::vector<std::thread> threads_;
};

TEST_F(PauseGateTest, IsPausedOnlyOnceNobodyIsInside) {
  ASSERT_TRUE(gate_.enter());
  ASSERT_TRUE(gate_.enter());
  gate_.pause();
  EXPECT_EQ(gate_.state(), VmState::kRunning);
  gate_.leave();
  EXPECT_EQ(gate_.state(), VmState::kRunning);
  gate_.leave();
  EXPECT_EQ(gate_.state(), VmState::kPaused);
  gate_.resume();
  EXPECT_EQ(gate_.state(), VmState::kRunning);
  EXPECT_TRUE(gate_.enter());
}

TEST_F(PauseGateTest, IsPausedAtOnceBeforeAnybodyEntered) {
  gate_.pause();
  EXPECT_EQ(gate_.state(), VmState::kPaused);
}

TEST_F(PauseGateTest, AThreadThatComesDuringThePauseWaitsForItsEnd) {
  gate_.pause();
  auto entered = std::async(std::launch::async, [this] { return gate_.enter(); });
  EXPECT_EQ(entered.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(gate_.state(), VmState::kPaused);
  gate_.resume();
  EXPECT_TRUE(entered.get());
}

TEST_F(PauseGateTest, AResumeBeforeTheLastHasLeftIsNoPauseAtAll) {
  ASSERT_TRUE(gate_.enter());
  gate_.pause();
  gate_.resume();
  gate_.leave();
  EXPECT_EQ(gate_.state(), VmState::kRunning);
  EXPECT_EQ(gate_.changed().take(), 0u);
}

TEST_F(PauseGateTest, SignalsEachChangeOnce) {
  gate_.resume();
  EXPECT_EQ(gate_.changed().take(), 0u);
  gate_.pause();
  gate_.pause();
  EXPECT_EQ(gate_.changed().take(), 1u);
  gate_.resume();
  gate_.resume();
  EXPECT_EQ(gate_.changed().take(), 1u);
  gate_.set_exited();
  EXPECT_EQ(gate_.changed().take(), 1u);
}

TEST_F(PauseGateTest, StoppingSendsAwayThoseWhoWait) {
  start(4);
  pause();
  ASSERT_TRUE(becomes(VmState::kPaused));
  stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  EXPECT_FALSE(gate_.enter());
}

TEST_F(PauseGateTest, NothingReopensAStoppedGate) {
  gate_.stop();
  gate_.resume();
  EXPECT_FALSE(gate_.enter());
  gate_.pause();
  EXPECT_FALSE(gate_.enter());
  EXPECT_EQ(gate_.state(), VmState::kRunning);
  gate_.set_exited();
  gate_.resume();
  EXPECT_EQ(gate_.state(), VmState::kExited);
}

TEST_F(PauseGateTest, NobodyIsInTheGuestWhileItIsPaused) {
  start(4);
  for (int round = 0; round < 200; ++round) {
    pause();
    ASSERT_TRUE(becomes(VmState::kPaused));
    EXPECT_EQ(in_guest_, 0u);
    std::this_thread::yield();
    EXPECT_EQ(in_guest_, 0u);
    resume();
    ASSERT_TRUE(becomes_true([this] { return in_guest_ > 0; }));
  }
}

TEST_F(PauseGateTest, SurvivesPausesResumesAndAStopFromManyThreads) {
  start(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([this] {
      for (int round = 0; round < 300; ++round) {
        pause();
        resume();
      }
      stop();
    });
  }
  for (std::thread& each : callers) each.join();
  kicked_ = true;
  for (std::thread& each : threads_) each.join();
  threads_.clear();
  EXPECT_EQ(in_guest_, 0u);
}

}  // namespace
}  // namespace vm_control::vmm
