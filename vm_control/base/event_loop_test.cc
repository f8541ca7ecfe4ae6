// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/event_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public testing::Test {
 protected:
  static EventLoop::Clock::time_point after(milliseconds delay) {
    return EventLoop::Clock::now() + delay;
  }

  EventLoop loop_ = *EventLoop::create();
};

class WatchTest : public EventLoopTest {
 protected:
  // A watched eventfd, and how often the loop has called for it.
  struct Counter {
    explicit Counter(EventLoop& loop)
        : watch(*loop.watch(event.fd(), EPOLLIN, [this](uint32_t) {
            event.take();
            ++calls;
            if (then) then();
          })) {}

    EventFd event = *EventFd::create();
    int calls = 0;
    Function<void()> then;
    Watch watch;
  };
};

TEST_F(WatchTest, CallsTheFunctionOfAReadyDescriptor) {
  Counter first(loop_);
  Counter second(loop_);
  second.event.signal();
  EXPECT_EQ(loop_.run_once(1000), 1);
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(second.calls, 1);
  EXPECT_EQ(loop_.run_once(0), 0);
}

TEST_F(WatchTest, ChangesWhatIsWaitedFor) {
  Counter counter(loop_);
  counter.watch.set_events(0);
  counter.event.signal();
  EXPECT_EQ(loop_.run_once(0), 0);
  counter.watch.set_events(EPOLLIN);
  EXPECT_EQ(loop_.run_once(1000), 1);
}

// The objects of a function may be gone when its event is still in the same batch.
TEST_F(WatchTest, AnEndedWatchIsNotCalledForEventsAlreadyReceived) {
  Counter first(loop_);
  Counter second(loop_);
  first.then = [&] { second.watch = Watch(); };
  second.then = [&] { first.watch = Watch(); };
  first.event.signal();
  second.event.signal();
  EXPECT_EQ(loop_.run_once(1000), 1);
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST_F(WatchTest, AFunctionMayEndItsOwnWatchAndGoOn) {
  EventFd event = *EventFd::create();
  event.signal();
  std::optional<Watch> watch;
  auto owned = std::make_shared<int>(7);
  std::weak_ptr<int> captured = owned;
  int seen = 0;
  watch = *loop_.watch(event.fd(), EPOLLIN, [&, owned = std::move(owned)](uint32_t) {
    watch.reset();
    seen = *owned;
  });
  EXPECT_EQ(loop_.run_once(1000), 1);
  EXPECT_EQ(seen, 7);
  EXPECT_TRUE(captured.expired());
  EXPECT_EQ(loop_.run_once(0), 0);
}

TEST_F(WatchTest, EndsWithItsOwnerAndMovesWithIt) {
  EventFd event = *EventFd::create();
  event.signal();
  int calls = 0;
  {
    Watch inner = *loop_.watch(event.fd(), EPOLLIN, [&](uint32_t) { ++calls; });
    Watch outer = std::move(inner);
    EXPECT_FALSE(inner);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(outer);
    EXPECT_EQ(loop_.run_once(0), 1);
  }
  EXPECT_EQ(loop_.run_once(0), 0);
  EXPECT_EQ(calls, 1);
}

TEST_F(WatchTest, RefusesWhatCantBePolled) {
  UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(loop_.watch(file.get(), EPOLLIN, [](uint32_t) {}).error().code(), EPERM);
  Counter counter(loop_);
  EXPECT_EQ(loop_.watch(counter.event.fd(), EPOLLIN, [](uint32_t) {}).error().code(), EEXIST);
}

TEST_F(EventLoopTest, StopsFromAnotherThreadAndCanRunAgain) {
  for (int round = 0; round < 3; ++round) {
    std::thread stopper([&] { loop_.stop(); });
    loop_.run();
    stopper.join();
  }
  EXPECT_EQ(loop_.run_once(0), 0);
}

class TimerTest : public EventLoopTest {};

TEST_F(TimerTest, CallsOnceAtItsMoment) {
  int calls = 0;
  auto due = after(milliseconds(2));
  Timer timer = loop_.call_at(due, [&] { ++calls; });
  EXPECT_TRUE(timer);
  EXPECT_EQ(loop_.run_once(5000), 1);
  EXPECT_GE(EventLoop::Clock::now(), due);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(timer);
  EXPECT_EQ(loop_.run_once(5), 0);
}

TEST_F(TimerTest, CallsInTheOrderOfTheMomentsAndNotOfTheRequests) {
  std::vector<int> calls;
  Timer late = loop_.call_at(after(milliseconds(2)), [&] { calls.push_back(2); });
  Timer early = loop_.call_at(after(milliseconds(1)), [&] { calls.push_back(1); });
  Timer past = loop_.call_at(after(milliseconds(-7)), [&] { calls.push_back(0); });
  while (calls.size() < 3) loop_.run_once(5000);
  EXPECT_EQ(calls, (std::vector{0, 1, 2}));
}

TEST_F(TimerTest, IsNotCalledAfterItsOwnerHasGone) {
  int calls = 0;
  {
    Timer timer = loop_.call_at(after(milliseconds(0)), [&] { ++calls; });
  }
  Timer other = loop_.call_at(after(milliseconds(2)), [&] { ++calls; });
  while (other) loop_.run_once(5000);
  EXPECT_EQ(calls, 1);
}

TEST_F(TimerTest, IsSetAgainByItsOwnCallAndByOthers) {
  int calls = 0;
  Timer timer;
  timer = loop_.timer([&] {
    if (++calls < 3) timer.call_at(after(milliseconds(0)));
  });
  EXPECT_FALSE(timer);
  EXPECT_EQ(loop_.run_once(0), 0);
  timer.call_at(after(std::chrono::hours(1)));
  timer.call_at(after(milliseconds(0)));
  while (timer) loop_.run_once(5000);
  EXPECT_EQ(calls, 3);
}

TEST_F(TimerTest, MayBeEndedByItsOwnCall) {
  std::optional<Timer> timer;
  auto what_it_uses = std::make_shared<int>(0);
  timer = loop_.call_at(after(milliseconds(0)), [&timer, used = what_it_uses] {
    timer.reset();
    ++*used;
  });
  EXPECT_EQ(loop_.run_once(5000), 1);
  EXPECT_EQ(*what_it_uses, 1);
  EXPECT_EQ(what_it_uses.use_count(), 1);
}

TEST_F(TimerTest, MayBeReplacedByItsOwnCall) {
  int calls = 0;
  Timer timer;
  Function<void()> again;
  again = [&] {
    if (++calls < 3) timer = loop_.call_at(after(milliseconds(0)), [&] { again(); });
  };
  timer = loop_.call_at(after(milliseconds(0)), [&] { again(); });
  for (int turn = 1; turn <= 3; ++turn) {
    EXPECT_EQ(loop_.run_once(5000), 1);
    EXPECT_EQ(calls, turn) << "one a turn, although the next was due at once";
  }
  EXPECT_FALSE(timer);
}

class PostTest : public EventLoopTest {
 protected:
  // A posted call may own an object that can't be copied.
  void post(const Poster& poster, int number) {
    poster.post([this, owned = std::make_unique<int>(number)] { delivered_.push_back(*owned); });
  }

  std::vector<int> delivered_;
};

TEST_F(PostTest, CallsInTheLoopInTheirOrder) {
  post(loop_.poster(), 1);
  post(loop_.poster(), 2);
  EXPECT_TRUE(delivered_.empty());
  EXPECT_EQ(loop_.run_once(0), 2);
  EXPECT_EQ(delivered_, (std::vector{1, 2}));
  EXPECT_EQ(loop_.run_once(0), 0) << "each once";
}

// Two pairs of sockets: what comes to one is served first, though the other's end came before.
class HangupTest : public testing::Test {
 protected:
  void SetUp() override {
    for (auto& pair : pairs_) {
      int ends[2];
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
      pair = {UniqueFd(ends[0]), UniqueFd(ends[1])};
    }
  }
  Watch watch(size_t index, EventLoop::OnEvents on_events) {
    return *loop_.watch(pairs_[index].first.get(), EPOLLIN, std::move(on_events));
  }
  void hang_up(size_t index) { pairs_[index].second.reset(); }

  EventLoop loop_ = *EventLoop::create();
  std::array<std::pair<UniqueFd, UniqueFd>, 2> pairs_;
};

TEST_F(HangupTest, IsServedBeforeItsTurnAndOnceIfThatEndsTheWatch) {
  std::optional<Watch> ended;
  int calls = 0;
  ended = watch(0, [&](uint32_t) {
    ++calls;
    ended.reset();
  });
  loop_.post([&] {
    hang_up(0);
    EXPECT_TRUE(loop_.serve_hangups());
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(loop_.serve_hangups());
  });
  while (loop_.run_once(0) > 0) {
  }
  EXPECT_EQ(calls, 1);
}

TEST_F(HangupTest, LeavesOutTheWatchThatAsksAndWhatIsOnlyReadable) {
  int calls = 0;
  int reads = 0;
  Watch asking = watch(0, [&](uint32_t) {
    ++calls;
    EXPECT_FALSE(loop_.serve_hangups());
  });
  Watch readable = watch(1, [&](uint32_t) { ++reads; });
  hang_up(0);
  ASSERT_EQ(write(pairs_[1].second.get(), "x", 1), 1);
  EXPECT_EQ(loop_.run_once(0), 2);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(reads, 1);
}

TEST_F(HangupTest, OneThatIsServedServesNoOthers) {
  bool served = true;
  Watch first = watch(0, [&](uint32_t) { served = loop_.serve_hangups(); });
  loop_.post([&] {
    hang_up(0);
    loop_.serve_hangups();
    EXPECT_FALSE(served);
  });
  loop_.run_once(0);
}

TEST_F(PostTest, OfAnotherThreadWakesTheLoop) {
  std::jthread thread([this] { post(loop_.poster(), 3); });
  EXPECT_EQ(loop_.run_once(10'000), 1);
  EXPECT_EQ(delivered_, (std::vector{3}));
}

TEST_F(PostTest, InACallWaitsForTheNextTurn) {
  loop_.post([this] { post(loop_.poster(), 4); });
  EXPECT_EQ(loop_.run_once(0), 1);
  EXPECT_TRUE(delivered_.empty());
  EXPECT_EQ(loop_.run_once(0), 1);
  EXPECT_EQ(delivered_, (std::vector{4}));
}

TEST_F(PostTest, ThatComesTooLateIsDropped) {
  std::optional<EventLoop> loop(*EventLoop::create());
  Poster poster = loop->poster();
  post(poster, 1);
  loop.reset();
  post(poster, 2);
  EXPECT_TRUE(delivered_.empty());
}

TEST(EventLoopDeathTest, TellsAThreadThatUsesALoopWhichAnotherRuns) {
  EXPECT_DEATH(
      {
        EventLoop loop = *EventLoop::create();
        EventFd event = *EventFd::create();
        loop.post([&] {
          std::thread([&] {
            ignore(loop.watch(event.fd(), EPOLLIN, [](uint32_t) {}), "dies");
          }).join();
        });
        loop.run_once(0);
      },
      "broken rule: thread_.may_use");
}

}  // namespace
}  // namespace vm_control
