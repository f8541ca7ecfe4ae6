// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_relays.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <limits>
#include <optional>
#include <thread>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/pipe.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

class EventRelaysTest : public testing::Test {
 protected:
  EventRelays::Relay relay_to_owner() {
    UniqueFd to = std::move(UniqueFd::duplicate(owner_.fd()).value());
    return std::move(relays_->add(to).value());
  }
  static void signal(const EventRelays::Relay& relay, eventfd_t count = 1) {
    EXPECT_EQ(eventfd_write(relay.fd(), count), 0);
  }
  void turn() { loop_.run_once(0); }
  static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

  EventLoop loop_ = *EventLoop::create();
  std::optional<EventRelays> relays_{std::in_place, loop_};
  EventFd owner_ = *EventFd::create();
};

TEST_F(EventRelaysTest, AddTheWholeCountToTheOwners) {
  auto relay = relay_to_owner();
  signal(relay, 3);
  EXPECT_EQ(owner_.take(), 0u) << "only the loop signals the owner";
  turn();
  EXPECT_EQ(owner_.take(), 3u);
  turn();
  EXPECT_EQ(owner_.take(), 0u);
}

TEST_F(EventRelaysTest, LeaveACounterThatIsFullAndBlocksAsItIs) {
  constexpr eventfd_t kFull = std::numeric_limits<eventfd_t>::max() - 1;
  UniqueFd blocking(eventfd(0, EFD_CLOEXEC));
  UniqueFd to = *UniqueFd::duplicate(blocking.get());
  auto relay = *relays_->add(to);
  ASSERT_EQ(eventfd_write(blocking.get(), kFull), 0);
  signal(relay);
  turn();
  eventfd_t count = 0;
  ASSERT_EQ(eventfd_read(blocking.get(), &count), 0);
  EXPECT_EQ(count, kFull);
}

TEST_F(EventRelaysTest, TakeNothingButEventfds) {
  Pipe pipe = *Pipe::create();
  SharedMemory memory = *SharedMemory::create("test", 4096);
  EventLoop epoll = *EventLoop::create();
  for (int fd : {pipe.writer.get(), memory.fd(), epoll.fd()}) {
    UniqueFd to = *UniqueFd::duplicate(fd);
    EXPECT_EQ(relays_->add(to).error().code(), EINVAL);
    EXPECT_TRUE(to) << "what was refused is still the caller's";
  }
  pollfd written{.fd = pipe.reader.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&written, 1, 0), 0) << "nothing is written to what is no eventfd";
}

TEST_F(EventRelaysTest, CloseBothEndsWhenTheyAreDestroyed) {
  UniqueFd to = *UniqueFd::duplicate(owner_.fd());
  int target = to.get();
  int source = -1;
  {
    auto relay = *relays_->add(to);
    source = relay.fd();
    EXPECT_TRUE(is_open(source) && is_open(target));
  }
  EXPECT_FALSE(is_open(source));
  EXPECT_FALSE(is_open(target));
}

TEST_F(EventRelaysTest, GiveBackWhatTheyTookWhenTheyAreStopped) {
  auto relay = relay_to_owner();
  signal(relay);
  UniqueFd to = relay.stop();
  EXPECT_FALSE(relay);
  turn();
  EXPECT_EQ(owner_.take(), 0u);
  ASSERT_EQ(eventfd_write(to.get(), 1), 0);
  EXPECT_EQ(owner_.take(), 1u);
}

TEST_F(EventRelaysTest, OfAnotherThreadEndInTheNextTurn) {
  UniqueFd to = *UniqueFd::duplicate(owner_.fd());
  int target = to.get();
  auto relay = *relays_->add(to);
  std::thread([ended = std::move(relay)] {}).join();
  EXPECT_TRUE(is_open(target)) << "to close it is for the loop's thread";
  turn();
  EXPECT_FALSE(is_open(target));
}

TEST_F(EventRelaysTest, OutliveTheLoopAndDoNothing) {
  auto here = relay_to_owner();
  auto elsewhere = relay_to_owner();
  relays_.reset();
  signal(here);
  turn();
  EXPECT_EQ(owner_.take(), 0u);
  std::thread([ended = std::move(elsewhere)] {}).join();
}

}  // namespace
}  // namespace vm_control
