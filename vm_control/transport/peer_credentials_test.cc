// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/peer_credentials.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vm_control/base/test_directory.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/transport/bound_socket.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kConnectDeadline(2000);
constexpr std::array<std::byte, 4> kBytes{std::byte{1}};
constexpr std::span<const std::byte> kNothing;

// Two connected sockets. The second one asks for the senders of its messages.
std::pair<UniqueFd, UniqueFd> make_pair_with_senders(SocketType type) {
  auto pair = *make_socket_pair(type);
  EXPECT_TRUE(set_credentials_wanted(pair.second.get()));
  return pair;
}

Result<ReceivedMessage> receive(int socket) {
  std::array<std::byte, 4> buffer;
  return receive_message(socket, buffer, MSG_DONTWAIT);
}

class CredentialsTest : public testing::TestWithParam<SocketType> {};

INSTANTIATE_TEST_SUITE_P(Both, CredentialsTest,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST(Credentials, AreNamedAsInALog) {
  EXPECT_EQ((Credentials{.pid = 12, .uid = 1000, .gid = 5}.to_string()), "pid 12 (uid 1000)");
}

TEST_P(CredentialsTest, APairWasMadeByThisProcess) {
  auto pair = *make_socket_pair(GetParam());
  EXPECT_EQ(*peer_credentials(pair.first.get()), Credentials::own());
  EXPECT_EQ(*peer_credentials(pair.second.get()), Credentials::own());
}

TEST_P(CredentialsTest, ASocketThatIsNotConnectedHasNobodyAtItsOtherEnd) {
  auto socket = make_socket(GetParam());
  auto peer = peer_credentials(socket->get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, 0);
  EXPECT_EQ(peer->uid, static_cast<uid_t>(-1));
}

TEST_P(CredentialsTest, AMessageHasASender) {
  auto [here, there] = make_pair_with_senders(GetParam());
  ASSERT_TRUE(send_message(here.get(), kBytes, -1, MSG_DONTWAIT));
  auto message = receive(there.get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->sender, Credentials::own());
}

TEST_P(CredentialsTest, TheSenderIsTheProcessThatSentAndNotTheOneThatMadeThePair) {
  auto [here, there] = make_pair_with_senders(GetParam());
  pid_t child = fork();
  if (child == 0) {
    ignore(send_message(here.get(), kBytes, -1, MSG_DONTWAIT), "the parent looks for the message");
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  auto message = receive(there.get());
  ASSERT_TRUE(message && message->sender);
  EXPECT_EQ(message->sender->pid, child);
  EXPECT_EQ(peer_credentials(there.get())->pid, getpid());
}

TEST_P(CredentialsTest, AnEmptyMessageHasASender) {
  auto [here, there] = make_pair_with_senders(GetParam());
  ASSERT_TRUE(send_message(here.get(), kNothing, -1, MSG_DONTWAIT));
  auto message = receive(there.get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, 0u);
  EXPECT_EQ(message->sender, Credentials::own());
}

TEST_P(CredentialsTest, ADescriptorAndASenderComeTogether) {
  auto [here, there] = make_pair_with_senders(GetParam());
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(send_message(here.get(), kNothing, fd.get(), MSG_DONTWAIT));
  auto message = receive(there.get());
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->fd);
  EXPECT_EQ(message->fd_error, 0);
  EXPECT_EQ(message->sender, Credentials::own());
}

// Messages wait in the queue of a connection, or of a datagram socket, before anybody asks for
// senders.
TEST_P(CredentialsTest, ABoundSocketThatAskedKnowsTheSenderOfTheFirstMessage) {
  TestDirectory directory;
  auto bound = BoundSocket::bind(directory.path() + "/vm.sock", GetParam());
  ASSERT_TRUE(bound);
  ASSERT_TRUE(set_credentials_wanted(bound->fd()));
  auto client = connect_socket(bound->path(), GetParam(), kConnectDeadline);
  ASSERT_TRUE(client);
  ASSERT_TRUE(send_message(client->get(), kBytes, -1, MSG_DONTWAIT));
  std::optional<UniqueFd> connection;
  if (GetParam() == SocketType::kSeqpacket) {
    connection = *accept_connection(bound->fd());
    EXPECT_EQ(*peer_credentials(connection->get()), Credentials::own());
  }
  auto message = receive(connection ? connection->get() : bound->fd());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->sender, Credentials::own());
}

TEST_P(CredentialsTest, WhatIsNoSocketHasNoPeer) {
  UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(peer_credentials(file.get()).error().code(), ENOTSOCK);
  EXPECT_EQ(peer_credentials(-1).error().code(), EBADF);
  EXPECT_EQ(set_credentials_wanted(file.get()).error().code(), ENOTSOCK);
  EXPECT_EQ(set_credentials_wanted(-1).error().code(), EBADF);
}

TEST(EndOfConnection, HasNoSender) {
  auto [here, there] = make_pair_with_senders(SocketType::kSeqpacket);
  here.reset();
  auto message = receive(there.get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, 0u);
  EXPECT_FALSE(message->sender);
}

TEST(EndOfConnection, HasNoSenderWhenOnlyTheSendingHalfIsClosed) {
  auto [here, there] = make_pair_with_senders(SocketType::kSeqpacket);
  ASSERT_EQ(shutdown(here.get(), SHUT_WR), 0);
  EXPECT_FALSE(receive(there.get())->sender);
}

TEST(EndOfConnection, IsToldFromAnEmptyMessageBeforeIt) {
  auto [here, there] = make_pair_with_senders(SocketType::kSeqpacket);
  ASSERT_TRUE(send_message(here.get(), kNothing, -1, MSG_DONTWAIT));
  here.reset();
  EXPECT_TRUE(receive(there.get())->sender);
  EXPECT_FALSE(receive(there.get())->sender);
  EXPECT_FALSE(receive(there.get())->sender);
}

TEST(EndOfConnection, IsToldFromAnEmptyMessageThatCameBeforeAnybodyAsked) {
  auto [here, there] = *make_socket_pair(SocketType::kSeqpacket);
  ASSERT_TRUE(send_message(here.get(), kNothing, -1, MSG_DONTWAIT));
  here.reset();
  ASSERT_TRUE(set_credentials_wanted(there.get()));
  EXPECT_TRUE(receive(there.get())->sender);
  EXPECT_FALSE(receive(there.get())->sender);
}

TEST(EndOfConnection, ComesAfterAllEmptyMessagesAndTheirDescriptors) {
  auto [here, there] = make_pair_with_senders(SocketType::kSeqpacket);
  UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (size_t count : {size_t{1}, size_t{0}, size_t{253}, size_t{2}}) {
    ASSERT_EQ(send_with_fds(here.get(), kNothing, std::vector<int>(count, fd.get())), 0);
  }
  here.reset();
  for (size_t count : {size_t{1}, size_t{0}, size_t{253}, size_t{2}}) {
    auto message = receive(there.get());
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->sender) << count;
    EXPECT_EQ(message->extra_fds.size() + (message->fd ? 1 : 0), count);
  }
  EXPECT_FALSE(receive(there.get())->sender);
}

}  // namespace
}  // namespace vm_control
