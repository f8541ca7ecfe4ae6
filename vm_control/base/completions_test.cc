// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/completions.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace vm_control {
namespace {

// Move-only, as what is delivered may be.
using Thing = std::unique_ptr<int>;

class CompletionsTest : public testing::Test {
 protected:
  EventLoop loop_ = *EventLoop::create();
  std::vector<int> delivered_;
  std::unique_ptr<Completions<Thing>> completions_ =
      *Completions<Thing>::create(loop_, [this](Thing thing) { delivered_.push_back(*thing); });
};

TEST_F(CompletionsTest, AreDeliveredInTheLoopInTheirOrder) {
  completions_->inbox()->put(std::make_unique<int>(1));
  completions_->inbox()->put(std::make_unique<int>(2));
  EXPECT_TRUE(delivered_.empty());
  EXPECT_EQ(loop_.run_once(0), 1);
  EXPECT_EQ(delivered_, (std::vector{1, 2}));
  EXPECT_EQ(loop_.run_once(0), 0) << "each once";
}

TEST_F(CompletionsTest, OfAnotherThreadWakeTheLoop) {
  std::jthread thread([inbox = completions_->inbox()] { inbox->put(std::make_unique<int>(3)); });
  EXPECT_EQ(loop_.run_once(10'000), 1);
  EXPECT_EQ(delivered_, (std::vector{3}));
}

TEST_F(CompletionsTest, ThatComeTooLateAreDropped) {
  auto inbox = completions_->inbox();
  inbox->put(std::make_unique<int>(1));
  completions_.reset();
  inbox->put(std::make_unique<int>(2));
  EXPECT_EQ(loop_.run_once(0), 0);
  EXPECT_TRUE(delivered_.empty());
}

}  // namespace
}  // namespace vm_control
