// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "vm_control/base/test_limit.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr SocketType kTypes[] = {SocketType::kSeqpacket, SocketType::kDatagram};

class ServerTest : public testing::Test {
 protected:
  template <class Condition>
  bool pump_until(Condition done) {
    return server_.pump_until(done);
  }

  TestPeer adopt_pair(SocketType type) { return server_.adopt({}, {}, type); }

  TestServer server_;
};

TEST_F(ServerTest, ServesOneEndOfAPair) {
  for (SocketType type : kTypes) {
    TestPeer peer = adopt_pair(type);
    EXPECT_EQ(code_of(server_.call(peer, request::BalloonAdjust{1})), 0);
  }
  EXPECT_EQ(server_.balloon.target_pages(), 2);
}

TEST_F(ServerTest, ServesAListenerThatSomebodyElseBound) {
  std::string path = server_.directory + "/adopted";
  auto bound = BoundSocket::bind(path, SocketType::kSeqpacket);
  ASSERT_TRUE(server_.server->adopt(*UniqueFd::duplicate(bound->fd())));
  TestPeer peer(*connect_socket(path, SocketType::kSeqpacket, std::chrono::milliseconds(1000)));
  EXPECT_EQ(code_of(server_.call(peer, request::BalloonAdjust{1})), 0);
}

TEST_F(ServerTest, RefusesToAdoptWhatItCantServe) {
  EXPECT_EQ(server_.server->adopt(*make_socket(SocketType::kSeqpacket)).error().code(), ENOTCONN);
  EXPECT_EQ(server_.server->adopt(UniqueFd()).error().code(), EBADF);
  auto memory = SharedMemory::create("test", 4096);
  EXPECT_EQ(server_.server->adopt(std::move(*memory).take_fd()).error().code(), ENOTSOCK);
}

TEST_F(ServerTest, ASessionEndsWithItsConnection) {
  auto connect_and_leave = [this] {
    {
      TestPeer first = adopt_pair(SocketType::kSeqpacket);
      TestPeer second = server_.connect(SocketType::kSeqpacket);
      EXPECT_EQ(server_.server->session_count(), 2u);
    }
    server_.pump();
    EXPECT_EQ(server_.server->session_count(), 0u);
  };
  // The listener, its reserve and the principals stay.
  connect_and_leave();
  size_t fds = count_open_fds();
  connect_and_leave();
  EXPECT_EQ(count_open_fds(), fds);
}

TEST_F(ServerTest, AnEmptyMessageIsNoEndOfTheSession) {
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code_of(server_.call(peer, std::span<const std::byte>())), EMSGSIZE);
  auto memory = SharedMemory::create("test", 4096);
  size_t fds = count_open_fds();
  EXPECT_EQ(code_of(server_.call(peer, std::span<const std::byte>(), {memory->fd()})), EMSGSIZE);
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_EQ(code_of(server_.call(peer, request::BalloonAdjust{1})), 0);
}

TEST_F(ServerTest, APeerThatSendsNoMoreGetsItsResponses) {
  TestPeer peer = adopt_pair(SocketType::kSeqpacket);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(peer.send(request::BalloonAdjust{1}));
  shutdown(peer.fd(), SHUT_WR);
  server_.pump();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of(peer.receive()), 0);
  EXPECT_EQ(server_.server->session_count(), 0u);
}

TEST_F(ServerTest, AnEmptyMessageJustBeforeTheEndIsAnswered) {
  for (bool is_adopted : {true, false}) {
    TestPeer peer =
        is_adopted ? adopt_pair(SocketType::kSeqpacket) : server_.connect(SocketType::kSeqpacket);
    ASSERT_TRUE(peer.send(request::BalloonAdjust{1}));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(peer.send(std::span<const std::byte>()));
    shutdown(peer.fd(), SHUT_WR);
    server_.pump();
    for (int code : {0, EMSGSIZE, EMSGSIZE}) EXPECT_EQ(code_of(peer.receive()), code);
    EXPECT_EQ(server_.server->session_count(), 0u);
  }
}

// Sends until the server takes no more, or ten thousand, and lets it work.
int flood(TestServer& server, const TestPeer& peer) {
  int sent = 0;
  auto frame = encode(request::BalloonAdjust{0}).bytes;
  for (int idle = 0; idle < 3 && sent < 10'000;) {
    bool taken = send_message(peer.fd(), frame, -1, MSG_DONTWAIT).has_value();
    sent += taken;
    idle = taken ? 0 : idle + 1;
    if (!taken) server.pump();
  }
  return sent;
}

TEST_F(ServerTest, APeerThatNeverReadsIsEndedAndNobodyWaitsForIt) {
  for (SocketType type : kTypes) {
    TestPeer silent = adopt_pair(type);
    TestPeer other = adopt_pair(SocketType::kSeqpacket);
    flood(server_, silent);
    EXPECT_EQ(code_of(server_.call(other, request::BalloonAdjust{0})), 0);
    EXPECT_TRUE(pump_until([&] { return server_.server->session_count() == 1; }));
    server_.pump();
    ASSERT_EQ(server_.log.size(), 1u);
    EXPECT_NE(server_.log[0].find("did not take its responses"), std::string::npos);
    EXPECT_EQ(code_of(server_.call(other, request::BalloonAdjust{0})), 0);
    server_.log.clear();
    other.close();
    server_.pump();
  }
}

TEST_F(ServerTest, APeerThatReadsLateGetsEveryResponse) {
  TestPeer peer = adopt_pair(SocketType::kSeqpacket);
  int sent = flood(server_, peer);
  int received = 0;
  for (; received < sent; ++received) {
    auto response = peer.receive();
    if (!response) break;
    ASSERT_EQ(code_of(response), 0);
    server_.pump();
  }
  EXPECT_EQ(received, sent);
  EXPECT_EQ(server_.server->session_count(), 1u);
}

// All replies of a datagram port leave through one send buffer, which unread ones fill up.
TEST_F(ServerTest, ADatagramSenderThatNeverReadsStopsNoRequestAndNoSession) {
  TestPeer silent = server_.connect(SocketType::kDatagram);
  TestPeer other = server_.connect(SocketType::kDatagram);
  TestPeer session = server_.connect(SocketType::kSeqpacket);
  flood(server_, silent);
  server_.call(other, request::BalloonAdjust{1});
  EXPECT_EQ(server_.balloon.target_pages(), 1);
  EXPECT_EQ(code_of(server_.call(session, request::BalloonAdjust{1})), 0);
  silent.close();
  EXPECT_EQ(code_of(server_.call(other, request::BalloonAdjust{1})), 0);
}

TEST_F(ServerTest, ADatagramSenderWithoutAnAddressIsObeyedAllTheSame) {
  server_.connect(SocketType::kDatagram);
  auto address = SocketAddress::from_path(server_.directory + "/datagram");
  auto nameless = make_socket(SocketType::kDatagram);
  auto frame = encode(request::Exit{}).bytes;
  ASSERT_TRUE(send_message(nameless->get(), frame, -1, 0, &*address));
  server_.pump();
  EXPECT_EQ(server_.vm.exits, 1);
}

// A reply to a path is sent wherever the path leads by then.
TEST_F(ServerTest, ADatagramSenderWhosePathLeadsElsewhereStartsNoEndlessAnswering) {
  server_.connect(SocketType::kDatagram);
  TestServer other;
  other.connect(SocketType::kDatagram);
  for (const std::string& target : {server_.directory, other.directory}) {
    std::string endpoint = server_.directory + "/datagram";
    std::string mine = server_.directory + "/mine";
    auto sender = BoundSocket::bind(mine, SocketType::kDatagram);
    ASSERT_TRUE(sender);
    auto address = SocketAddress::from_path(endpoint);
    auto frame = encode(request::BalloonAdjust{1}).bytes;
    ASSERT_TRUE(send_message(sender->fd(), frame, -1, 0, &*address));
    std::filesystem::remove(mine);
    std::filesystem::create_symlink(target + "/datagram", mine);
    for (int turns = 0; turns < 20; ++turns) {
      server_.loop.run_once(0);
      other.loop.run_once(0);
    }
    EXPECT_EQ(server_.loop.run_once(0), 0) << "it is idle again";
    EXPECT_EQ(other.loop.run_once(0), 0);
    std::filesystem::remove(mine);
  }
  EXPECT_EQ(server_.balloon.target_pages(), 2) << "the requests were carried out";
}

TEST_F(ServerTest, ADatagramThatCouldBeAResponseIsNotAnswered) {
  TestPeer peer = server_.connect(SocketType::kDatagram);
  std::array<std::byte, kResponseSize> frame{};
  size_t fds = count_open_fds();
  ASSERT_TRUE(send_message(peer.fd(), frame, STDIN_FILENO, 0));
  server_.pump();
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_FALSE(peer.receive());
  EXPECT_EQ(code_of(server_.call(peer, request::BalloonAdjust{1})), 0);
}

TEST_F(ServerTest, WithoutAFreeDescriptorItStopsAcceptingAndStartsAgain) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  // UBSan needs descriptors of its own the first time that it meets a handler.
  ASSERT_EQ(code_of(server_.call(first, request::BalloonAdjust{0})), 0);
  std::string path = server_.directory + "/seqpacket";
  TestPeer waiting(*connect_socket(path, SocketType::kSeqpacket, std::chrono::milliseconds(1000)));
  {
    LowLimit limit(RLIMIT_NOFILE, 0);
    server_.pump();
    // It does not spin: nothing calls it until the pause is over.
    EXPECT_EQ(server_.loop.run_once(0), 0);
    EXPECT_EQ(code_of(server_.call(first, request::BalloonAdjust{0})), 0);
  }
  EXPECT_EQ(server_.server->session_count(), 1u);
  EXPECT_TRUE(pump_until([&] { return server_.server->session_count() == 2; }));
  EXPECT_EQ(code_of(server_.call(waiting, request::BalloonAdjust{0})), 0);
  ASSERT_FALSE(server_.log.empty());
  EXPECT_NE(server_.log[0].find("EMFILE"), std::string::npos);
}

TEST_F(ServerTest, APathThatCantBeServedLeavesTheServerAsItWas) {
  EXPECT_EQ(server_.server->listen("/nonexistent/vm.sock", SocketType::kSeqpacket).error().code(),
            ENOENT);
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(server_.server->listen(server_.directory + "/seqpacket", SocketType::kDatagram)
                .error()
                .code(),
            EADDRINUSE);
  EXPECT_EQ(
      server_.server->listen(server_.directory + "/stream", SocketType::kStream).error().code(),
      EPROTONOSUPPORT);
  EXPECT_EQ(code_of(server_.call(peer, request::BalloonAdjust{0})), 0);
}

TEST_F(ServerTest, RemovesItsSocketsWhenItGoes) {
  for (SocketType type : kTypes) server_.connect(type);
  EXPECT_FALSE(std::filesystem::is_empty(server_.directory));
  server_.server.reset();
  EXPECT_TRUE(std::filesystem::is_empty(server_.directory));
}

}  // namespace
}  // namespace vm_control
