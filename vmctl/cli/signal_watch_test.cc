// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/signal_watch.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <vector>

namespace vm_control::vmctl {
namespace {

TEST(SignalWatch, ReportsSignalsAndLeavesThoseIgnoredThatWereIgnored) {
  auto* before = std::signal(SIGUSR2, SIG_IGN);
  EventLoop loop = *EventLoop::create();
  std::vector<int> came;
  constexpr std::array kSignals = {SIGUSR1, SIGUSR2};
  auto watch = SignalWatch::create(loop, kSignals, [&came](int signal) { came.push_back(signal); });
  ASSERT_TRUE(watch);
  raise(SIGUSR2);
  raise(SIGUSR1);
  while (loop.run_once(100) > 0) {
  }
  EXPECT_EQ(came, std::vector<int>{SIGUSR1});
  std::signal(SIGUSR2, before);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace
}  // namespace vm_control::vmctl
