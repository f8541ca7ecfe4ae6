// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/blocking_worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vm_control {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLong(10'000);
// Shorter than StuckSocket takes, longer than what does not wait for it on a busy machine.
constexpr milliseconds kShort(1000);

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Whether the last copy of the writing end is closed within `timeout`.
bool hangs_up(const Pipe& pipe, milliseconds timeout) {
  pollfd entry{.fd = pipe.reader.get(), .events = POLLIN, .revents = 0};
  return poll(&entry, 1, static_cast<int>(timeout.count())) == 1 && (entry.revents & POLLHUP);
}

// A TCP connection with data on its way that its peer does not read: to close `ours` takes two
// seconds, or until `peer` is closed.
struct StuckSocket {
  StuckSocket() {
    UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener.get(), generic, size), 0);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    EXPECT_EQ(getsockname(listener.get(), generic, &size), 0);
    EXPECT_EQ(connect(ours.get(), generic, size), 0);
    peer = UniqueFd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::vector<std::byte> data(1 << 20);
    while (send(ours.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) continue;
    linger wait{.l_onoff = 1, .l_linger = 2};
    EXPECT_EQ(setsockopt(ours.get(), SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)), 0);
  }

  UniqueFd ours{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd peer;
};

class BlockingWorkerTest : public testing::Test {
 protected:
  std::unique_ptr<BlockingWorker> lane_ = *BlockingWorker::create();
};

TEST_F(BlockingWorkerTest, ClosesWhatItIsGiven) {
  Pipe pipe = make_pipe();
  lane_->close(std::move(pipe.writer));
  EXPECT_TRUE(hangs_up(pipe, kLong));
  EXPECT_TRUE(lane_->wait_idle(kLong));
  EXPECT_EQ(lane_->waiting(), 0u);
}

TEST_F(BlockingWorkerTest, DoesWhatItIsGivenInOrder) {
  auto done = std::make_shared<std::vector<int>>();
  for (int i = 0; i < 3; ++i) lane_->run([done, i] { done->push_back(i); });
  ASSERT_TRUE(lane_->wait_idle(kLong));
  EXPECT_EQ(*done, (std::vector{0, 1, 2}));
}

TEST_F(BlockingWorkerTest, TakesNothingForNothing) {
  lane_->close(UniqueFd());
  EXPECT_EQ(lane_->waiting(), 0u);
  EXPECT_TRUE(lane_->wait_idle(milliseconds(0)));
}

TEST_F(BlockingWorkerTest, ClosesWhatManyThreadsGive) {
  Pipe pipe = make_pipe();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 200; ++j) lane_->close(*UniqueFd::duplicate(pipe.writer.get()));
      });
    }
  }
  pipe.writer.reset();
  EXPECT_TRUE(lane_->wait_idle(kLong));
  EXPECT_TRUE(hangs_up(pipe, milliseconds(0)));
}

TEST_F(BlockingWorkerTest, DoesNotKeepItsCallerWhileACloseIsStuck) {
  StuckSocket stuck;
  Pipe pipe = make_pipe();
  auto start = Clock::now();
  lane_->close(std::move(stuck.ours));
  lane_->close(std::move(pipe.writer));
  EXPECT_EQ(lane_->waiting(), 2u);
  EXPECT_FALSE(lane_->wait_idle(milliseconds(50)));
  EXPECT_LT(Clock::now() - start, kShort);
  stuck.peer.reset();
  EXPECT_TRUE(lane_->wait_idle(kLong));
  EXPECT_TRUE(hangs_up(pipe, milliseconds(0)));
}

TEST_F(BlockingWorkerTest, TheEndDoesNotWaitForWhatIsStuck) {
  StuckSocket stuck;
  Pipe pipe = make_pipe();
  lane_->close(std::move(stuck.ours));
  lane_->close(std::move(pipe.writer));
  auto start = Clock::now();
  lane_.reset();
  EXPECT_LT(Clock::now() - start, kShort);
  EXPECT_FALSE(hangs_up(pipe, milliseconds(0)));
  // The one behind it is still closed, as soon as it can be.
  stuck.peer.reset();
  EXPECT_TRUE(hangs_up(pipe, kLong));
}

TEST_F(BlockingWorkerTest, TheEndClosesWhatIsNotStuck) {
  Pipe pipe = make_pipe();
  for (int i = 0; i < 100; ++i) lane_->close(*UniqueFd::duplicate(pipe.writer.get()));
  lane_->close(std::move(pipe.writer));
  lane_.reset();
  EXPECT_TRUE(hangs_up(pipe, milliseconds(0)));
}

TEST(BlockingWorker, StartsWithWhatItIsTold) {
  std::array<char, 16> name{};
  auto lane =
      BlockingWorker::create([&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  ASSERT_TRUE(lane);
  (*lane)->close(UniqueFd(dup(0)));
  ASSERT_TRUE((*lane)->wait_idle(kLong));
  EXPECT_STREQ(name.data(), "blocking-worker");
}

}  // namespace
}  // namespace vm_control
