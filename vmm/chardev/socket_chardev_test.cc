// SPDX-License-Identifier: BSD-3-Clause
// A serial socket whose client means harm. The loop must never wait for it.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "vm_control/base/test_directory.h"
#include "vm_control/base/test_limit.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"
#include "vm_control/transport/test_lingering.h"
#include "vmm/chardev/chardev.h"

namespace vm_control::vmm {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// A turn of the loop, or an end, that takes longer was held up.
constexpr milliseconds kDelay(1000);

class SocketChardevTest : public testing::Test {
 protected:
  SocketChardevTest() {
    signal(SIGPIPE, SIG_IGN);
    auto send = [this](std::span<const std::byte> bytes) {
      size_t taken = std::min(bytes.size(), room_.load());
      typed_ += taken;
      return taken;
    };
    EXPECT_TRUE(chardev_->connect(loop_, {send, *has_room_.duplicate()}));
  }
  ~SocketChardevTest() override {
    expect_swift([this] { end(); });
  }

  void end() {
    if (chardev_) chardev_->close();
    chardev_.reset();
  }

  UniqueFd connect_client() { return *connect_socket(path_, SocketType::kStream, kDelay); }

  // Sends "x" and the last copy of the connection's sender.
  static void send_lingering(const UniqueFd& client, LingeringConnection& connection) {
    std::byte byte{'x'};
    ASSERT_EQ(send_with_fds(client.get(), {&byte, 1}, {connection.sender.get()}), 1);
    connection.sender.reset();
  }

  template <class Act>
  static void expect_swift(Act act) {
    auto start = SteadyClock::now();
    act();
    EXPECT_LT(SteadyClock::now() - start, kDelay);
  }

  bool run_until_typed(size_t count) {
    for (int turn = 0; turn < 100 && typed_ != count; ++turn) {
      expect_swift([this] { loop_.run_once(5); });
    }
    return typed_ == count;
  }

  // Whether the guest gets what a client sends.
  bool serves(const UniqueFd& client) {
    size_t before = typed_;
    EXPECT_EQ(send(client.get(), "y", 1, MSG_NOSIGNAL), 1);
    return run_until_typed(before + 1);
  }

  TestDirectory temporary_;
  std::string path_ = temporary_.path() + "/console";
  EventLoop loop_ = *EventLoop::create();
  std::atomic<size_t> typed_ = 0;
  std::atomic<size_t> room_ = SIZE_MAX;
  EventFd has_room_ = *EventFd::create();
  std::unique_ptr<Chardev> chardev_ = *create_chardev("unix:" + path_);
};

TEST_F(SocketChardevTest, ADescriptorThatComesAlongIsClosed) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  UniqueFd client = connect_client();
  std::byte byte{'x'};
  ASSERT_EQ(send_with_fds(client.get(), {&byte, 1}, {writer.get(), writer.get()}), 1);
  writer.reset();
  ASSERT_TRUE(run_until_typed(1));
  EXPECT_EQ(read(reader.get(), &byte, 1), 0) << "no copy is left";
  EXPECT_TRUE(serves(client));
}

TEST_F(SocketChardevTest, ADescriptorWhoseCloseLingersKeepsTheLoopFree) {
  LingeringConnection connection = make_lingering(30).value();
  UniqueFd client = connect_client();
  send_lingering(client, connection);
  run_until_typed(1);
  client.reset();
  UniqueFd next = connect_client();
  EXPECT_FALSE(serves(next)) << "one client at a time has what lingers";
  connection.receiver.reset();
  EXPECT_TRUE(run_until_typed(2));
}

TEST_F(SocketChardevTest, AConnectionWhoseQueueLingersKeepsTheLoopFree) {
  room_ = 0;
  LingeringConnection connection = make_lingering(30).value();
  UniqueFd client = connect_client();
  ASSERT_EQ(send(client.get(), "x", 1, MSG_NOSIGNAL), 1);
  run_until_typed(1);
  send_lingering(client, connection);
  expect_swift([this] { end(); });
}

TEST_F(SocketChardevTest, AConnectionThatNobodyAcceptedKeepsTheLoopFree) {
  UniqueFd first = connect_client();
  ASSERT_TRUE(serves(first));
  LingeringConnection connection = make_lingering(30).value();
  UniqueFd second = connect_client();
  send_lingering(second, connection);
  expect_swift([this] { end(); });
}

TEST_F(SocketChardevTest, AClientThatOnlyStopsSendingGetsItsAnswers) {
  room_ = 2;
  UniqueFd client = connect_client();
  ASSERT_EQ(send(client.get(), "1234", 4, MSG_NOSIGNAL), 4);
  ASSERT_EQ(shutdown(client.get(), SHUT_WR), 0);
  ASSERT_TRUE(run_until_typed(2));
  room_ = 2;
  has_room_.signal();
  ASSERT_TRUE(run_until_typed(4));
  usleep(20'000);
  chardev_->write(std::as_bytes(std::span("answer")));
  char buffer[16];
  EXPECT_EQ(recv(client.get(), buffer, sizeof(buffer), MSG_DONTWAIT), 7);

  client.reset();
  room_ = SIZE_MAX;
  EXPECT_TRUE(serves(connect_client())) << "the next client follows the one that has closed";
}

TEST_F(SocketChardevTest, AClientThatClosesEndsAWriteThatItDoesNotRead) {
  UniqueFd client = connect_client();
  ASSERT_TRUE(serves(client));
  std::vector<std::byte> much(1 << 20);
  std::jthread vcpu([&] { chardev_->write(much); });
  usleep(20'000);
  shutdown(client.get(), SHUT_WR);
  client.reset();
  UniqueFd next = connect_client();
  EXPECT_TRUE(serves(next));
  chardev_->close();
}

milliseconds cpu_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto of = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
  return milliseconds(of(used.ru_utime) + of(used.ru_stime));
}

TEST_F(SocketChardevTest, WithoutAFreeDescriptorItIsIdleAndServesTheClientLater) {
  UniqueFd client = connect_client();
  std::optional<LowLimit> limit(std::in_place, RLIMIT_NOFILE, 0);
  milliseconds used = cpu_time();
  auto end = SteadyClock::now() + kDelay;
  int calls = 0;
  while (SteadyClock::now() < end) calls += loop_.run_once(50);
  used = cpu_time() - used;
  limit.reset();
  EXPECT_LT(used, kDelay / 10);
  EXPECT_LT(calls, 50);
  EXPECT_TRUE(serves(client));
}

}  // namespace
}  // namespace vm_control::vmm
