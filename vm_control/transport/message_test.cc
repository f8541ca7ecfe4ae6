// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

constexpr size_t kSize = 32;

class MessageTest : public testing::TestWithParam<SocketType> {
 protected:
  int here() const { return pair_.first.get(); }
  int there() const { return pair_.second.get(); }

  Result<ReceivedMessage> receive() { return receive_message(there(), buffer_, MSG_DONTWAIT); }

  std::array<std::byte, kSize> buffer_{};
  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Both, MessageTest,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(MessageTest, ArrivesWithItsBytesAndWithoutADescriptor) {
  std::array<std::byte, kSize> sent;
  sent.fill(std::byte{7});
  ASSERT_TRUE(send_message(here(), sent, -1, MSG_DONTWAIT));
  auto message = receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kSize);
  EXPECT_EQ(buffer_, sent);
  EXPECT_FALSE(message->fd);
  EXPECT_EQ(message->fd_error, 0);
}

TEST_P(MessageTest, TheReceivedDescriptorIsTheSameFileAndCloseOnExec) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(send_message(here(), buffer_, writer.get(), MSG_DONTWAIT));
  writer.reset();
  auto message = receive();
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->fd);
  EXPECT_EQ(fcntl(message->fd.get(), F_GETFD), FD_CLOEXEC);
  // The receiver now has the only writing end: closing it is the end of the file.
  message->fd.reset();
  pollfd entry{.fd = reader.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&entry, 1, 1000), 1);
  EXPECT_EQ(entry.revents & POLLHUP, POLLHUP);
}

TEST_P(MessageTest, ReportsTheSizeThatWasSentEvenWhenItDidNotFit) {
  for (size_t size : {size_t{1}, size_t{31}, size_t{33}, size_t{4096}}) {
    std::vector<std::byte> sent(size);
    ASSERT_TRUE(send_message(here(), sent, -1, MSG_DONTWAIT));
    EXPECT_EQ(receive()->size, size);
  }
}

// By end-of-file: every copy of a pipe's writing end that was sent is closed again.
TEST_P(MessageTest, OfManyDescriptorsEveryOneIsClosed) {
  for (size_t count : {size_t{2}, size_t{3}, size_t{64}, size_t{253}}) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    send_with_fds(here(), buffer_, std::vector<int>(count, writer.get()));
    writer.reset();
    size_t before = count_open_fds();
    auto message = receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->fd_error, E2BIG) << count;
    EXPECT_FALSE(message->fd);
    EXPECT_EQ(count_open_fds(), before) << count;
    std::byte byte;
    EXPECT_EQ(read(reader.get(), &byte, 1), 0) << count;
  }
}

TEST_P(MessageTest, AReceiverOfBytesGetsNoDescriptor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  std::array<std::byte, kSize> sent;
  sent.fill(std::byte{7});
  send_with_fds(here(), sent, {writer.get(), writer.get()});
  writer.reset();
  size_t before = count_open_fds();
  auto message = receive_bytes(there(), buffer_, MSG_DONTWAIT);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kSize);
  EXPECT_EQ(buffer_, sent);
  EXPECT_FALSE(message->fd);
  EXPECT_EQ(count_open_fds(), before);
  std::byte byte;
  EXPECT_EQ(read(reader.get(), &byte, 1), 0);
  EXPECT_EQ(receive_bytes(there(), buffer_, MSG_DONTWAIT).error().code(), EAGAIN);
}

TEST_P(MessageTest, AReceiverOfBytesSeesTheSizeThatWasSent) {
  std::vector<std::byte> sent(kSize + 1);
  ASSERT_TRUE(send_message(here(), sent, -1, MSG_DONTWAIT));
  EXPECT_EQ(receive_bytes(there(), buffer_, MSG_DONTWAIT)->size, kSize + 1);
}

TEST_P(MessageTest, WithoutAFreeDescriptorTheMessageSaysSo) {
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(send_message(here(), buffer_, fd.get(), MSG_DONTWAIT));
  rlimit saved{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &saved), 0);
  rlimit tight{.rlim_cur = 0, .rlim_max = saved.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  auto message = receive();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &saved), 0);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kSize);
  EXPECT_EQ(message->fd_error, EMFILE);
}

TEST_P(MessageTest, NothingToReceiveIsEagain) {
  EXPECT_EQ(receive().error().code(), EAGAIN);
}

TEST_P(MessageTest, AFullQueueIsEagain) {
  for (int sent = 0; sent < 100'000; ++sent) {
    auto result = send_message(here(), buffer_, -1, MSG_DONTWAIT);
    if (result) continue;
    EXPECT_EQ(result.error().code(), EAGAIN);
    return;
  }
  FAIL() << "the queue never filled up";
}

TEST_P(MessageTest, APeerThatIsGoneIsAnErrorAndNoSignal) {
  pair_.second.reset();
  auto result = send_message(here(), buffer_, -1, MSG_DONTWAIT);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), GetParam() == SocketType::kSeqpacket ? EPIPE : ECONNREFUSED);
}

}  // namespace
}  // namespace vm_control
