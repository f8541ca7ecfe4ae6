// SPDX-License-Identifier: BSD-3-Clause
// The descriptors of a process are shared: no principal has more of them than it leaves for others.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/test_limit.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

// No other limit than that of descriptors.
constexpr uint32_t kMany = 10'000;
constexpr Resources kEnough{.sessions = kMany,
                            .regions = kMany,
                            .events = kMany,
                            .unanswered = 64,
                            .in_flight = kMany,
                            .bytes = uint64_t{1} << 40,
                            .detached = uint64_t{1} << 40,
                            .in_flight_bytes = uint64_t{1} << 40};
constexpr SocketPolicy kUsual{.allow =
                                  Right::kMemory | Right::kEvents | Right::kObserve | Right::kGpu};

class ServerDescriptors : public testing::Test {
 protected:
  // All that a server lets its clients have then; two of a kind have room for many more.
  static constexpr size_t kLimit = 300;

  ServerDescriptors() {
    LowLimit limit(RLIMIT_NOFILE, count_open_fds() + kLimit);
    server_.emplace(Quotas{.session = kEnough, .user = kEnough});
  }

  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_->call(peer, request));
  }
  Request doorbell() {
    return request::RegisterIoevent{MaybeOwnedFd::borrow(event_.fd()), {.length = 8}, true};
  }
  // Makes requests until one fails. Returns how many did not, and expects EMFILE of the last.
  size_t count_granted(const TestPeer& peer, const Request& request) {
    size_t count = 0;
    int last = 0;
    while ((last = code(peer, request)) == 0) ++count;
    EXPECT_EQ(last, EMFILE);
    return count;
  }
  TestPeer adopt(const SocketPolicy& policy = kUsual) {
    TestPeer peer = server_->adopt(policy);
    server_->pump();
    return peer;
  }
  void expect_served(const TestPeer& peer) {
    SharedMemory memory = *SharedMemory::create("test", 4096);
    EXPECT_EQ(code(peer, register_memory(memory.fd(), 4096)), 0);
    EXPECT_EQ(code(peer, doorbell()), 0);
    EXPECT_EQ(code(peer, request::OpenSession{}), 0);
  }

  std::optional<TestServer> server_;
  EventFd event_ = *EventFd::create();
};

TEST_F(ServerDescriptors, AreNeverMoreThanAPrincipalLeavesForOthers) {
  TestPeer greedy = adopt();
  TestPeer next = adopt();
  size_t first = count_granted(greedy, doorbell());
  EXPECT_GT(first, kLimit / 5);
  EXPECT_LT(first, kLimit / 2);
  size_t second = count_granted(next, doorbell());
  EXPECT_NEAR(static_cast<double>(second), static_cast<double>(first) / 2, 5);
  expect_served(adopt());
  greedy.close();
  server_->pump();
  EXPECT_EQ(code(next, doorbell()), 0) << "what ended is there for others";
}

TEST_F(ServerDescriptors, OfRelayedDoorbellsAreTwo) {
  SocketPolicy relayed = kUsual;
  relayed.doorbells = Doorbells::kRelay;
  size_t direct = count_granted(adopt(), doorbell());
  server_->pump();
  size_t relays = count_granted(adopt(relayed), doorbell());
  EXPECT_NEAR(static_cast<double>(relays), static_cast<double>(direct) / 2, 8);
}

TEST_F(ServerDescriptors, OfSessionsSubscriptionsMemoryAndResponsesCountAsWell) {
  TestPeer greedy = adopt();
  UniqueFd shrinkable = make_unsealable_memory(4096);
  std::vector<UniqueFd> kept;
  auto open = [&] {
    auto opened = server_->call(greedy, request::OpenSession{});
    if (auto* response = std::get_if<response::SessionOpened>(&*opened)) {
      kept.push_back(std::move(response->session));
    }
    return code_of(opened);
  };
  auto subscribe = [&] {
    auto subscribed = server_->call(greedy, request::Subscribe{kAllEvents});
    if (auto* response = std::get_if<response::Subscribed>(&*subscribed)) {
      kept.push_back(std::move(response->events));
    }
    return code_of(subscribed);
  };
  size_t share = count_granted(greedy, doorbell());
  EXPECT_EQ(open(), EMFILE);
  EXPECT_EQ(subscribe(), EMFILE);
  EXPECT_EQ(code(greedy, request::AllocateAndRegisterGpuMemory{16, 16, 0x20203852}), EMFILE);
  EXPECT_EQ(code(greedy, register_memory(shrinkable.get(), 4096)), EMFILE);
  SharedMemory sealed = *SharedMemory::create("test", 4096);
  EXPECT_EQ(code(greedy, register_memory(sealed.fd(), 4096)), 0) << "its descriptor is not kept";
  greedy.close();
  server_->pump();
  greedy = adopt();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(open(), 0);
    EXPECT_EQ(subscribe(), 0);
  }
  EXPECT_EQ(code(greedy, register_memory(shrinkable.get(), 4096)), 0);
  EXPECT_EQ(count_granted(greedy, doorbell()), share - 11);
}

TEST_F(ServerDescriptors, InResponsesThatAreNotTakenCountUntilTheyAre) {
  TestPeer greedy = adopt();
  size_t share = count_granted(greedy, doorbell());
  greedy.close();
  server_->pump();
  greedy = adopt();
  constexpr size_t kLeft = 8;
  auto opened = server_->call_for<response::SessionOpened>(greedy, request::OpenSession{});
  TestPeer other(std::move(opened.session));
  for (size_t i = 0; i < kLeft; ++i) {
    ASSERT_TRUE(other.send(request::Subscribe{kAllEvents}));
    server_->pump();
  }
  EXPECT_EQ(count_granted(greedy, doorbell()), share - 1 - 2 * kLeft);
  while (other.receive()) {
  }
  server_->pump();
  ASSERT_EQ(code(other, request::Status{}), 0);
  other.close();
  server_->pump();
  EXPECT_EQ(count_granted(greedy, doorbell()), 1 + 2 * kLeft);
}

TEST_F(ServerDescriptors, ThatCameWithAMessageHaveRoomAlsoAtTheEndOfAShare) {
  TestPeer greedy = adopt();
  auto first = server_->call_for<response::IoeventRegistered>(greedy, doorbell());
  count_granted(greedy, doorbell());
  size_t fds = count_open_fds();
  auto status = encode(request::Status{}).bytes;
  for (size_t count : {2u, 3u, 253u}) {
    EXPECT_EQ(code_of(server_->call(greedy, status, std::vector<int>(count, event_.fd()))), E2BIG);
  }
  EXPECT_EQ(count_open_fds(), fds);
  EXPECT_EQ(code(greedy, request::UnregisterEvent{first.handle}), 0);
  EXPECT_EQ(code(greedy, doorbell()), 0);
}

TEST_F(ServerDescriptors, AreNotThereForMoreConnectionsOfAUserThanItsShare) {
  std::string path = server_->directory + "/shared";
  ASSERT_TRUE(server_->server->listen(path, SocketType::kSeqpacket, kUsual));
  std::vector<TestPeer> peers;
  auto connect = [&] {
    peers.emplace_back(*connect_socket(path, SocketType::kSeqpacket, std::chrono::seconds(1)));
    server_->pump();
    return server_->server->session_count();
  };
  while (connect() == peers.size()) ASSERT_LT(peers.size(), kLimit);
  EXPECT_EQ(code_of(peers.back().receive()), EMFILE);
  EXPECT_EQ(code(peers.front(), request::Status{}), 0);
  expect_served(adopt());
  peers.clear();
  server_->pump();
  connect();
  EXPECT_EQ(code(peers.back(), request::Status{}), 0);
}

TEST_F(ServerDescriptors, AreAllForAnAdministrator) {
  size_t share = count_granted(adopt(), doorbell());
  server_->pump();
  SocketPolicy admin = kUsual;
  admin.allow = kUsual.allow | Right::kAdmin;
  EXPECT_GT(count_granted(adopt(admin), doorbell()), share + share / 2);
}

}  // namespace
}  // namespace vm_control
