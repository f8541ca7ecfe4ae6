// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(EventFd, CountsSignalsUntilTheyAreTaken) {
  auto event = EventFd::create();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->take(), 0u);
  event->signal();
  event->signal();
  EXPECT_EQ(event->take(), 2u);
  EXPECT_EQ(event->take(), 0u);
}

TEST(EventFd, ADuplicateSharesTheCounter) {
  auto event = EventFd::create();
  auto copy = event->duplicate();
  ASSERT_TRUE(copy);
  copy->signal();
  EXPECT_EQ(event->take(), 1u);
}

TEST(EventFd, IsCloseOnExec) {
  auto event = EventFd::create();
  ASSERT_TRUE(event);
  EXPECT_EQ(fcntl(event->fd(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace vm_control
