// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>

#include "vm_control/control/test_server.h"
#include "vm_control/protocol/test_frames.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

constexpr uint32_t kXr24 = 0x34325258;

// A client and the real server, which works in a thread of its own.
class ClientTest : public testing::TestWithParam<SocketType> {
 protected:
  ClientTest() {
    EXPECT_TRUE(server_.server->listen(path_, GetParam()));
    thread_ = std::thread([this] { server_.loop.run(); });
  }
  ~ClientTest() override { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    server_.loop.stop();
    thread_.join();
  }

  TestServer server_;
  std::string path_ = server_.directory + "/vm.sock";
  SharedMemory page_ = *SharedMemory::create("test", 4096);
  std::thread thread_;
};

INSTANTIATE_TEST_SUITE_P(Both, ClientTest,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(ClientTest, MakesEveryClassicCall) {
  auto client = Client::connect(path_);
  ASSERT_TRUE(client) << client.error().message();

  auto memory = client->register_memory(page_.fd(), 4096);
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->pfn, PageFrameNumber(TestServer::kWindowStart / kPageSize));
  EXPECT_TRUE(client->unregister_memory(memory->slot));

  auto gpu = client->allocate_gpu_memory(64, 16, kXr24);
  ASSERT_TRUE(gpu) << gpu.error().message();
  EXPECT_EQ(gpu->desc.planes[0].stride, 256u);
  EXPECT_TRUE(MemoryMapping::shared(gpu->fd.get(), 0, 4096));

  EXPECT_TRUE(client->adjust_balloon(-3));
  EXPECT_TRUE(client->exit());
  stop();
  EXPECT_EQ(server_.balloon.pages, -3);
  EXPECT_EQ(server_.vm.exits, 1);
}

TEST_P(ClientTest, ARefusalHasItsErrnoAndLeavesTheConnection) {
  auto client = Client::connect(path_);
  auto refused = client->unregister_memory(Slot(77));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::kRefused);
  EXPECT_EQ(refused.error().error.code(), ENOENT);
  EXPECT_EQ(refused.error().message(), "the VM refused: ENOENT (No such file or directory)");
  EXPECT_TRUE(client->adjust_balloon(1));
}

TEST_P(ClientTest, ARequestThatCantBeSentLeavesTheConnection) {
  auto client = Client::connect(path_);
  EXPECT_EQ(client->register_memory(9999, 4096).error().kind, Kind::kLocal);
  EXPECT_EQ(client->call(request::RegisterIrqfd{}).error().kind, Kind::kLocal);
  EXPECT_TRUE(client->adjust_balloon(1));
}

TEST_P(ClientTest, LeavesNoDescriptorBehind) {
  {
    auto client = Client::connect(path_);
    ASSERT_TRUE(client->adjust_balloon(1));
  }
  size_t before = count_open_fds();
  for (int round = 0; round < 100; ++round) {
    auto client = Client::connect(path_);
    auto gpu = client->allocate_gpu_memory(16, 16, kXr24);
    ASSERT_TRUE(gpu);
    ASSERT_TRUE(client->unregister_memory(gpu->slot));
  }
  stop();
  server_.pump();
  EXPECT_LE(count_open_fds(), before);
}

TEST_P(ClientTest, WaitsUntilTheVmHasClosedTheConnection) {
  auto client = Client::connect(path_, milliseconds(100));
  ASSERT_TRUE(client->adjust_balloon(1));
  if (GetParam() == SocketType::kSeqpacket) {
    EXPECT_EQ(client->wait_until_closed().error().kind, Kind::kTimedOut);
    client = Client::connect(path_);
    ASSERT_TRUE(client->adjust_balloon(1));
  }
  stop();
  server_.server.reset();
  EXPECT_TRUE(client->wait_until_closed());
}

TEST(ClientConnect, TellsWhyItCant) {
  EXPECT_EQ(Client::connect("/nonexistent/vm.sock").error().code(), ENOENT);
  EXPECT_EQ(Client::adopt(UniqueFd()).error().code(), EBADF);
  EXPECT_EQ(Client::adopt(*make_socket(SocketType::kSeqpacket)).error().code(), ENOTCONN);
}

// A client whose server is a script.
class ClientOfAScript : public testing::TestWithParam<SocketType> {
 protected:
  static constexpr milliseconds kDeadline{100};

  // What a call gets when the server answers `bytes` and `fds`.
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

TEST_P(ClientOfAScript, SendsTheBytesOfTheOriginal) {
  send_with_fds(server_.get(), response_frame(1), {});
  ASSERT_TRUE(client_.adjust_balloon(-3));
  RequestFrame frame;
  auto message = receive_message(server_.get(), frame, MSG_DONTWAIT);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, kRequestSize);
  EXPECT_EQ(frame, encode(request::BalloonAdjust{-3})->bytes);
}

TEST_P(ClientOfAScript, WithoutAnAnswerTheCallEndsAtItsDeadline) {
  auto start = std::chrono::steady_clock::now();
  auto result = client_.adjust_balloon(1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, kDeadline - milliseconds(20));
  EXPECT_EQ(result.error().kind, Kind::kTimedOut);
  // The answer that comes too late must not become that of another request.
  send_with_fds(server_.get(), response_frame(1), {});
  EXPECT_EQ(client_.exit().error().kind, Kind::kDisconnected);
}

TEST_P(ClientOfAScript, AServerThatTakesNoMoreRequestsIsATimeOut) {
  auto frame = encode(request::BalloonAdjust{1})->bytes;
  // Fill the way to the server through the client's own socket.
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

TEST_P(ClientOfAScript, DescriptorsThatNoResponseTakesAreClosed) {
  size_t before = count_open_fds();
  int fd = server_.get();
  send_with_fds(server_.get(), response_frame(1), {fd, fd, fd});
  EXPECT_TRUE(client_.adjust_balloon(1));
  EXPECT_EQ(count_open_fds(), before);
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

}  // namespace
}  // namespace vm_control
