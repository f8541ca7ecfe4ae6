// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/timer_fd.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace vm_control {
namespace {

using std::chrono::milliseconds;

bool readable(const TimerFd& timer, int timeout_ms) {
  pollfd entry{.fd = timer.fd(), .events = POLLIN, .revents = 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

TEST(TimerFd, ExpiresOnceAfterTheDelay) {
  auto timer = TimerFd::create();
  ASSERT_TRUE(timer);
  EXPECT_FALSE(readable(*timer, 0));
  timer->arm(milliseconds(1));
  EXPECT_TRUE(readable(*timer, 5000));
  timer->take();
  EXPECT_FALSE(readable(*timer, 5));
}

TEST(TimerFd, ADelayThatIsOverExpiresAtOnce) {
  auto timer = TimerFd::create();
  ASSERT_TRUE(timer);
  timer->arm(milliseconds(-7));
  EXPECT_TRUE(readable(*timer, 5000));
}

}  // namespace
}  // namespace vm_control
