// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "vm_control/base/test_limit.h"
#include "vm_control/transport/peer_credentials.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

constexpr size_t kSize = 32;
constexpr size_t kMaxFds = 253;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Calls `function` while this process can open no more than `room` descriptors.
template <class Function>
auto with_room_for(size_t room, Function function) {
  // The limit applies to the number of a descriptor, so this fills the gaps below it.
  std::vector<UniqueFd> fillers;
  UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  do {
    fillers.push_back(*UniqueFd::duplicate(null.get()));
  } while (static_cast<size_t>(fillers.back().get()) < count_open_fds() - 2);
  LowLimit limit(RLIMIT_NOFILE, static_cast<rlim_t>(fillers.back().get()) + 1 + room);
  return function();
}

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
  auto [reader, writer] = make_pipe();
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

TEST_P(MessageTest, BringsNoMoreDescriptorsThanTheReceiverHasRoomFor) {
  size_t before = count_open_fds();
  for (bool wants_credentials : {false, true}) {
    if (wants_credentials) {
      ASSERT_TRUE(set_credentials_wanted(there()));
    }
    for (size_t room : {2u, 3u, 100u}) {
      for (size_t count : {0u, 1u, 2u, 3u, 4u, 253u}) {
        send_with_fds(here(), buffer_, std::vector<int>(count, STDIN_FILENO));
        auto message = receive_message(there(), buffer_, MSG_DONTWAIT, nullptr, room);
        ASSERT_TRUE(message);
        EXPECT_EQ(message->sender.has_value(), wants_credentials);
        EXPECT_EQ(message->fd_error, count > 1 ? E2BIG : 0) << count;
        EXPECT_EQ(static_cast<bool>(message->fd), count == 1);
        EXPECT_EQ(count_open_fds() - before, std::min(count, room)) << count << ", " << room;
      }
    }
  }
  EXPECT_EQ(count_open_fds(), before);
}

TEST_P(MessageTest, OfAnyNumberOfDescriptorsAllAreOwnedAndOneIsTaken) {
  Pipe pipe = make_pipe();
  size_t before = count_open_fds();
  for (size_t count = 0; count <= kMaxFds; ++count) {
    send_with_fds(here(), buffer_, std::vector<int>(count, pipe.writer.get()));
    {
      auto message = receive();
      ASSERT_TRUE(message);
      EXPECT_EQ(message->size, kSize);
      EXPECT_EQ(message->fd.get() >= 0, count == 1) << count;
      EXPECT_EQ(message->fd_error, count > 1 ? E2BIG : 0) << count;
      EXPECT_EQ(message->extra_fds.size(), count > 1 ? count : 0);
      EXPECT_EQ(count_open_fds(), before + count);
      for (const UniqueFd& fd : message->extra_fds) {
        ASSERT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC) << count;
      }
    }
    ASSERT_EQ(count_open_fds(), before) << count;
  }
  // By end-of-file: every copy of the writing end is closed.
  pipe.writer.reset();
  std::byte byte;
  EXPECT_EQ(read(pipe.reader.get(), &byte, 1), 0);
}

TEST_P(MessageTest, OfAnyNumberOfDescriptorsAllAreOwnedWithASenderToo) {
  ASSERT_TRUE(set_credentials_wanted(there()));
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (size_t count : {size_t{0}, size_t{1}, size_t{2}, kMaxFds - 1, kMaxFds}) {
    send_with_fds(here(), buffer_, std::vector<int>(count, fd.get()));
    auto message = receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->sender, Credentials::own());
    EXPECT_EQ(message->extra_fds.size() + (message->fd ? 1 : 0), count);
  }
}

// The receiver has room for some of them only: the kernel closes the rest.
TEST_P(MessageTest, WhatArrivesOfACutMessageIsSurplus) {
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (size_t room : {size_t{1}, size_t{2}, size_t{9}}) {
    send_with_fds(here(), buffer_, std::vector<int>(10, fd.get()));
    size_t before = count_open_fds();
    auto message = with_room_for(room, [this] { return receive(); });
    ASSERT_TRUE(message);
    EXPECT_FALSE(message->fd);
    EXPECT_EQ(message->fd_error, room > 1 ? E2BIG : EMFILE);
    EXPECT_EQ(message->extra_fds.size(), room);
    message->extra_fds.clear();
    EXPECT_EQ(count_open_fds(), before);
  }
}

// systemd makes such sockets, with PassPIDFD=.
TEST_P(MessageTest, ADescriptorThatNobodySentIsClosed) {
  constexpr int kPassPidFd = 76;
  int on = 1;
  if (setsockopt(there(), SOL_SOCKET, kPassPidFd, &on, sizeof(on)) < 0) {
    GTEST_SKIP() << "this kernel has no SO_PASSPIDFD";
  }
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  size_t before = count_open_fds();
  for (size_t count : {size_t{0}, size_t{1}, kMaxFds}) {
    send_with_fds(here(), buffer_, std::vector<int>(count, fd.get()));
    auto message = receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->extra_fds.size() + (message->fd ? 1 : 0), count);
    EXPECT_EQ(count_open_fds(), before + count);
  }
}

TEST_P(MessageTest, HasNoSenderUnlessAskedFor) {
  ASSERT_TRUE(send_message(here(), buffer_, -1, MSG_DONTWAIT));
  EXPECT_FALSE(receive()->sender);
}

TEST_P(MessageTest, WithoutAFreeDescriptorTheMessageSaysSo) {
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(send_message(here(), buffer_, fd.get(), MSG_DONTWAIT));
  auto message = with_room_for(0, [this] { return receive(); });
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kSize);
  EXPECT_EQ(message->fd_error, EMFILE);
  EXPECT_TRUE(message->extra_fds.empty());
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

TEST(DiscardMessages, LetsThePeerHaveWhatWasSentToItBeforeTheEnd) {
  size_t fds = count_open_fds();
  auto [here, there] = *make_socket_pair(SocketType::kSeqpacket);
  std::byte byte{7};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send_message(there.get(), {&byte, 1}, 0, 0));
  ASSERT_TRUE(send_message(here.get(), {&byte, 1}, -1, 0));
  ASSERT_EQ(shutdown(here.get(), SHUT_RDWR), 0);
  discard_messages(here.get());
  here.reset();
  byte = std::byte{0};
  ASSERT_TRUE(receive_message(there.get(), {&byte, 1}, 0));
  EXPECT_EQ(byte, std::byte{7});
  EXPECT_EQ(receive_message(there.get(), {&byte, 1}, 0)->size, 0u);
  there.reset();
  EXPECT_EQ(count_open_fds(), fds);
}

}  // namespace
}  // namespace vm_control
