// SPDX-License-Identifier: BSD-3-Clause
// The client against a server that sends what a test says.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "vm_control/client/client.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

constexpr uint32_t kXr24 = 0x34325258;

// A client, and a server that a test scripts.
class ClientOfAScript : public testing::TestWithParam<SocketType> {
 protected:
  static constexpr milliseconds kDeadline{100};

  // Returns how a call fails when the server sends `bytes` and `fds`.
  CallError call(std::span<const std::byte> bytes, const std::vector<int>& fds = {}) {
    send_with_fds(server_.get(), bytes, fds);
    auto result = client_.adjust_balloon(1);
    EXPECT_FALSE(result);
    return result ? CallError{Kind::kLocal, Error(0, "succeed")} : result.error();
  }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(GetParam());
  UniqueFd server_ = std::move(pair_.first);
  Client client_ = *Client::adopt(std::move(pair_.second), kDeadline);
};

INSTANTIATE_TEST_SUITE_P(Both, ClientOfAScript,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(ClientOfAScript, SendsTheBytesOfThe2018Protocol) {
  send_with_fds(server_.get(), response_frame(1), {});
  ASSERT_TRUE(client_.adjust_balloon(-3));
  RequestFrame frame;
  auto message = receive_message(server_.get(), frame, MSG_DONTWAIT);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kRequestSize);
  EXPECT_EQ(frame, encode(request::BalloonAdjust{-3}).bytes);
}

TEST_P(ClientOfAScript, WithoutAnAnswerTheCallEndsAtItsDeadline) {
  auto start = std::chrono::steady_clock::now();
  auto result = client_.adjust_balloon(1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, kDeadline - milliseconds(20));
  EXPECT_EQ(result.error().kind, Kind::kTimedOut);
  // A late response must not be taken for the response to another request.
  send_with_fds(server_.get(), response_frame(1), {});
  EXPECT_EQ(client_.exit().error().kind, Kind::kDisconnected);
}

TEST_P(ClientOfAScript, AServerThatTakesNoMoreRequestsIsATimeOut) {
  auto frame = encode(request::BalloonAdjust{1}).bytes;
  // Fills the queue to the server through the client's own socket.
  auto pair = *make_socket_pair(GetParam());
  while (send_message(pair.second.get(), frame, -1, MSG_DONTWAIT)) {
  }
  auto client = Client::adopt(std::move(pair.second), kDeadline);
  EXPECT_EQ(client->exit().error().kind, Kind::kTimedOut);
}

TEST_P(ClientOfAScript, AnErrnoThatIsNoneIsAProtocolError) {
  EXPECT_EQ(call(response_frame(2, 0)).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, AnErrnoThatIsNegativeIsAProtocolError) {
  EXPECT_EQ(call(response_frame(2, 0xffff'ffea)).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, AnUnknownTypeIsAProtocolError) {
  EXPECT_EQ(call(response_frame(12)).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, TheResponseToAnotherRequestIsAProtocolError) {
  EXPECT_EQ(call(response_frame(3)).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, AShortResponseIsAProtocolError) {
  std::array<std::byte, 49> bytes{std::byte{1}};
  EXPECT_EQ(call(std::span(bytes).first(7)).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, ALongResponseIsAProtocolError) {
  std::array<std::byte, 49> bytes{std::byte{1}};
  EXPECT_EQ(call(bytes).kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, AMissingDescriptorIsAProtocolError) {
  send_with_fds(server_.get(), response_frame(4), {});
  EXPECT_EQ(client_.allocate_gpu_memory(1, 1, kXr24).error().kind, Kind::kProtocol);
}

TEST_P(ClientOfAScript, TooManyDescriptorsAreClosedAndAProtocolError) {
  size_t before = count_open_fds();
  int fd = server_.get();
  send_with_fds(server_.get(), response_frame(4), {fd, fd, fd});
  EXPECT_EQ(client_.allocate_gpu_memory(1, 1, kXr24).error().kind, Kind::kProtocol);
  EXPECT_EQ(count_open_fds(), before - 1) << "the connection";
}

TEST_P(ClientOfAScript, DescriptorsThatNoResponseTakesAreClosedAndAProtocolError) {
  size_t before = count_open_fds();
  int fd = server_.get();
  send_with_fds(server_.get(), response_frame(1), {fd, fd, fd});
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kProtocol);
  EXPECT_EQ(count_open_fds(), before - 1) << "the connection";
}

TEST_P(ClientOfAScript, ADescriptorThatTheResponseDoesNotBringIsClosedAndAProtocolError) {
  size_t before = count_open_fds();
  EXPECT_EQ(call(response_frame(1), {server_.get()}).kind, Kind::kProtocol);
  EXPECT_EQ(count_open_fds(), before - 1) << "the connection";
}

TEST_P(ClientOfAScript, AServerThatGoesAwayIsALostConnection) {
  server_.reset();
  auto result = client_.adjust_balloon(1);
  EXPECT_EQ(result.error().kind, Kind::kDisconnected);
  EXPECT_EQ(client_.exit().error().kind, Kind::kDisconnected);
}

TEST_P(ClientOfAScript, AServerThatHangsUpMidCallIsALostConnection) {
  if (GetParam() == SocketType::kDatagram) return;  // raises no hangup: the deadline ends the call
  shutdown(server_.get(), SHUT_WR);
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kDisconnected);
}

// A server that refuses a connection sends one Err without a request, and closes. Datagrams have no
// connection: when the peer is gone, the kernel drops what was not received.
TEST_P(ClientOfAScript, TheReasonOfARefusedConnectionIsTheAnswerToTheFirstCall) {
  if (GetParam() == SocketType::kDatagram) return;
  send_with_fds(server_.get(), response_frame(2, EPERM), {});
  server_.reset();
  auto refused = client_.adjust_balloon(1);
  EXPECT_EQ(refused.error().kind, Kind::kRefused);
  EXPECT_EQ(refused.error().error.code(), EPERM);
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kDisconnected);
}

TEST_P(ClientOfAScript, ItIsAlsoTheAnswerWhenTheServerHasNotClosedYet) {
  send_with_fds(server_.get(), response_frame(2, EMFILE), {});
  EXPECT_EQ(client_.open_session().error().error.code(), EMFILE);
  server_.reset();
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kDisconnected);
}

TEST_P(ClientOfAScript, ItIsAlsoTheAnswerWhenTheServerLeftTheRequestUnread) {
  if (GetParam() == SocketType::kDatagram) return;  // raises no hangup: the deadline ends the call
  for (int round = 0; round < 50; ++round) {
    auto [served, used] = *make_socket_pair(GetParam());
    auto client = Client::adopt(std::move(used));
    std::thread server([&served = served] {
      std::byte first{};
      ASSERT_EQ(recv(served.get(), &first, 1, MSG_PEEK), 1);
      send_with_fds(served.get(), response_frame(2, EDQUOT), {});
      served.reset();
    });
    auto refused = client->status();
    server.join();
    ASSERT_EQ(refused.error().kind, Kind::kRefused);
    ASSERT_EQ(refused.error().error.code(), EDQUOT);
  }
}

// The kernel reports first that the server has not received an earlier message.
TEST_P(ClientOfAScript, ItIsAlsoTheAnswerWhenSendingFailsByAReset) {
  if (GetParam() == SocketType::kDatagram) return;
  auto [served, used] = *make_socket_pair(GetParam());
  int raw = used.get();
  auto client = Client::adopt(std::move(used));
  send_with_fds(raw, response_frame(1), {});
  send_with_fds(served.get(), response_frame(2, EDQUOT), {});
  served.reset();
  EXPECT_EQ(client->status().error().error.code(), EDQUOT);
}

}  // namespace
}  // namespace vm_control
