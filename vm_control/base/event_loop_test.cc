// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "vm_control/base/event_fd.h"

namespace vm_control {
namespace {

struct Counter final : EventHandler {
  void on_events(uint32_t) override {
    event.take();
    ++calls;
    if (then) then();
  }

  EventFd event = *EventFd::create();
  int calls = 0;
  std::function<void()> then;
};

class EventLoopTest : public testing::Test {
 protected:
  EventLoop loop_ = *EventLoop::create();
};

TEST_F(EventLoopTest, CallsTheHandlerOfAReadyDescriptor) {
  Counter first;
  Counter second;
  ASSERT_TRUE(loop_.watch(first.event.fd(), EPOLLIN, first));
  ASSERT_TRUE(loop_.watch(second.event.fd(), EPOLLIN, second));
  second.event.signal();
  EXPECT_EQ(loop_.run_once(1000), 1);
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(second.calls, 1);
  EXPECT_EQ(loop_.run_once(0), 0);
}

TEST_F(EventLoopTest, ModifyChangesWhatIsWaitedFor) {
  Counter counter;
  ASSERT_TRUE(loop_.watch(counter.event.fd(), EPOLLIN, counter));
  loop_.modify(counter.event.fd(), 0, counter);
  counter.event.signal();
  EXPECT_EQ(loop_.run_once(0), 0);
  loop_.modify(counter.event.fd(), EPOLLIN, counter);
  EXPECT_EQ(loop_.run_once(1000), 1);
}

// A handler that was destroyed while its event waited in the same batch must not be called.
TEST_F(EventLoopTest, AnUnwatchedHandlerIsNotCalledForEventsAlreadyReceived) {
  Counter first;
  Counter second;
  first.then = [&] { loop_.unwatch(second.event.fd(), second); };
  second.then = [&] { loop_.unwatch(first.event.fd(), first); };
  ASSERT_TRUE(loop_.watch(first.event.fd(), EPOLLIN, first));
  ASSERT_TRUE(loop_.watch(second.event.fd(), EPOLLIN, second));
  first.event.signal();
  second.event.signal();
  EXPECT_EQ(loop_.run_once(1000), 1);
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST_F(EventLoopTest, StopsFromAnotherThreadAndCanRunAgain) {
  for (int round = 0; round < 3; ++round) {
    std::thread stopper([&] { loop_.stop(); });
    loop_.run();
    stopper.join();
  }
  EXPECT_EQ(loop_.run_once(0), 0);
}

TEST_F(EventLoopTest, RefusesWhatCantBePolled) {
  Counter counter;
  UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(loop_.watch(file.get(), EPOLLIN, counter).error().code(), EPERM);
  ASSERT_TRUE(loop_.watch(counter.event.fd(), EPOLLIN, counter));
  EXPECT_EQ(loop_.watch(counter.event.fd(), EPOLLIN, counter).error().code(), EEXIST);
}

}  // namespace
}  // namespace vm_control
