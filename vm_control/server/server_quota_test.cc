// SPDX-License-Identifier: BSD-3-Clause
// Each quota is exact: what it allows is granted, and one more is EDQUOT and changes nothing.
#include <gtest/gtest.h>
#include <poll.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr Quotas kQuotas{.session = {.sessions = 2,
                                     .regions = 2,
                                     .events = 2,
                                     .unanswered = 4,
                                     .in_flight = 3,
                                     .bytes = 4 * kPageSize,
                                     .in_flight_bytes = 1 << 20},
                         .user = {.sessions = 4,
                                  .regions = 3,
                                  .events = 3,
                                  .unanswered = 6,
                                  .in_flight = 5,
                                  .bytes = 6 * kPageSize,
                                  .detached = 3 * kPageSize,
                                  .in_flight_bytes = 1 << 20}};

class ServerQuota : public testing::Test {
 protected:
  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_.call(peer, request));
  }
  Request map(uint64_t pages = 1, bool detached = false) {
    return request::MapMemory{
        .fd = MaybeOwnedFd::borrow(memory_.fd()), .size = pages * kPageSize, .detached = detached};
  }
  Request ioevent() {
    return request::RegisterIoevent{MaybeOwnedFd::borrow(event_.fd()),
                                    {.address = next_address_ += 8, .length = 4}};
  }
  // Has epoll tell of what comes from `peer` ahead of an end that came earlier to another
  // descriptor: it does so for one that it told of just before.
  void bring_forward(const TestPeer& peer) {
    ASSERT_TRUE(peer.send(request::Status{}));
    server_.loop.run_once(0);
    ASSERT_EQ(code_of(peer.receive()), 0);
  }
  TestPeer opened_by(const TestPeer& peer) {
    auto opened = server_.call_for<response::SessionOpened>(peer, request::OpenSession{});
    return TestPeer(std::move(opened.session));
  }

  TestServer server_{kQuotas};
  SharedMemory memory_ = *SharedMemory::create("test", 8 * kPageSize);
  EventFd event_ = *EventFd::create();
  uint64_t next_address_ = 0x1000;
};

TEST_F(ServerQuota, OfRegionsIsExactForASessionAndForItsUser) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(first, map()), 0);
  EXPECT_EQ(code(first, map()), 0);
  EXPECT_EQ(code(first, map()), EDQUOT) << "the session's third";
  EXPECT_EQ(code(second, map()), 0);
  EXPECT_EQ(code(second, map()), EDQUOT) << "the user's fourth";
  EXPECT_EQ(server_.vm.memory.size(), 3u);
  first.close();
  server_.pump();
  EXPECT_EQ(code(second, map()), 0) << "what ended is given back";
}

TEST_F(ServerQuota, OfBytesIsExact) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(first, map(5)), EDQUOT);
  EXPECT_EQ(code(first, map(4)), 0);
  EXPECT_EQ(code(second, map(3)), EDQUOT);
  EXPECT_EQ(code(second, map(2)), 0);
}

TEST_F(ServerQuota, OfEventsIsExact) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  auto doorbell = server_.call_for<response::IoeventRegistered>(first, ioevent());
  EXPECT_EQ(code(first, request::RegisterIrqfd{MaybeOwnedFd::borrow(event_.fd()), 5}), 0);
  EXPECT_EQ(code(first, ioevent()), EDQUOT);
  EXPECT_EQ(code(second, ioevent()), 0);
  EXPECT_EQ(code(second, ioevent()), EDQUOT);
  EXPECT_EQ(code(first, request::UnregisterEvent{doorbell.handle}), 0);
  EXPECT_EQ(code(second, ioevent()), 0);
}

TEST_F(ServerQuota, OfAGpuBufferIsThatOfMemory) {
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  request::AllocateAndRegisterGpuMemory two_pages{64, 32, 0x34325258};
  EXPECT_EQ(code(peer, map(3)), 0);
  EXPECT_EQ(code(peer, two_pages), EDQUOT) << "bytes";
  EXPECT_EQ(code(peer, map()), 0);
  EXPECT_EQ(code(peer, request::AllocateAndRegisterGpuMemory{16, 16, 0x34325258}), EDQUOT)
      << "regions";
}

TEST_F(ServerQuota, OfSessionsIsToldToTheOneTooMany) {
  std::vector<TestPeer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(server_.connect(SocketType::kSeqpacket));
  EXPECT_EQ(server_.server->session_count(), 4u);
  TestPeer refused = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(server_.server->session_count(), 4u);
  EXPECT_EQ(code_of(refused.receive()), EDQUOT);
  EXPECT_EQ(code(peers[0], request::Status{}), 0);
  peers[1].close();
  server_.pump();
  TestPeer next = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(next, request::Status{}), 0);
}

TEST_F(ServerQuota, WhatASessionHadIsFreeForARequestThatIsServedBeforeItsEnd) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(code(first, map()), 0);
  ASSERT_EQ(code(second, map()), 0);
  bring_forward(second);
  first.close();
  EXPECT_EQ(code(second, map()), 0);
}

TEST_F(ServerQuota, WhatASessionMappedIsGoneForARequestThatIsServedBeforeItsEnd) {
  auto map_there = [this] {
    return request::MapMemory{.fd = MaybeOwnedFd::borrow(memory_.fd()),
                              .size = kPageSize,
                              .at = GuestAddress(TestServer::kWindowStart)};
  };
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  ASSERT_EQ(code(first, map_there()), 0);
  bring_forward(second);
  first.close();
  EXPECT_EQ(code(second, map_there()), 0);
}

TEST_F(ServerQuota, ASessionThatWasClosedIsFreeForTheNextConnection) {
  std::vector<TestPeer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(server_.connect(SocketType::kSeqpacket));
  Principal* principal = nullptr;
  server_.server->for_each_principal_for_testing([&](Principal& each) {
    if (each.used_for_testing().sessions == 4) principal = &each;
  });
  ASSERT_TRUE(principal);
  server_.server->on_state_changed();
  server_.loop.run_once(0);
  peers[0].close();
  auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
  principal->serve(
      {.socket = std::move(ours), .peer = Credentials::own(), .rights = Rights::all()});
  TestPeer next(std::move(theirs));
  EXPECT_EQ(code(next, request::Status{}), 0);
}

// All of the user's regions, in one connection after the other.
TEST(ServerQuotaThreads, WhatASessionHadIsFreeForTheNextOneAtOnce) {
  Quotas quotas;
  quotas.user.regions = 2;
  TestServer server(quotas, TestServer::Loops::kThreads);
  SharedMemory memory = *SharedMemory::create("test", kPageSize);
  std::string path = server.directory + "/socket";
  ASSERT_TRUE(server.server->listen(path, SocketType::kSeqpacket));
  TestLoopThread main_thread(server.loop);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    TestPeer peer(*connect_socket(path, SocketType::kSeqpacket, std::chrono::milliseconds(10'000)));
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(peer.send(register_memory(memory.fd(), kPageSize)));
      pollfd answer{.fd = peer.fd(), .events = POLLIN, .revents = 0};
      ASSERT_EQ(poll(&answer, 1, 10'000), 1);
      if (code_of(peer.receive()) != 0) ++refused;
    }
  }
  EXPECT_EQ(refused, 0);
}

TEST_F(ServerQuota, OfWhatASessionOpensIsExactAndCountsSubscriptions) {
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  TestPeer opened = opened_by(peer);
  auto events = server_.call_for<response::Subscribed>(peer, request::Subscribe{kAllEvents});
  EXPECT_EQ(code(peer, request::OpenSession{}), EDQUOT);
  EXPECT_EQ(code(peer, request::Subscribe{kAllEvents}), EDQUOT);
  events = {};
  server_.pump();
  EXPECT_EQ(code(peer, request::Subscribe{kAllEvents}), 0);
  opened.close();
  server_.pump();
  EXPECT_EQ(code(peer, request::OpenSession{}), 0);
}

TEST_F(ServerQuota, OfDetachedMemoryIsTheUsersAfterItsSessionHasEnded) {
  for (int i = 0; i < 3; ++i) {
    TestPeer peer = server_.connect(SocketType::kSeqpacket);
    ASSERT_EQ(code(peer, map(1, true)), 0);
  }
  server_.pump();
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(peer, map()), EDQUOT);
  auto handle = server_.call_for<response::Region>(peer, request::NextRegion{}).info.handle;
  EXPECT_EQ(code(peer, request::UnmapMemory{handle}), 0);
  EXPECT_EQ(code(peer, map()), 0);
}

TEST_F(ServerQuota, OfDescriptorsThatAreNotTakenIsHeldUntilTheyAre) {
  constexpr int kNotTaken = 3;
  auto allocate = [](const TestPeer& peer) {
    return peer.send(request::AllocateAndRegisterGpuMemory{16, 16, 0x20203852});  // R8
  };
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  for (int i = 0; i < kNotTaken; ++i) {
    ASSERT_TRUE(allocate(peer));
    server_.pump();
    EXPECT_EQ(server_.memory.count(), 1u);
    ASSERT_TRUE(peer.send(request::UnregisterMemory{Slot(1)}));
    server_.pump();
  }
  EXPECT_EQ(server_.memory.count(), 0u);
  // One more ends the session, and nobody else notices.
  ASSERT_TRUE(allocate(peer));
  server_.pump();
  EXPECT_EQ(server_.server->session_count(), 0u);
  TestPeer other = server_.adopt();
  ASSERT_TRUE(allocate(other));
  server_.pump();
  EXPECT_TRUE(other.receive());
  // They count for the user although the session has ended, until the peer goes.
  TestPeer again = server_.connect(SocketType::kSeqpacket);
  for (int i = 0; i < kNotTaken; ++i) {
    ASSERT_TRUE(allocate(again));
    server_.pump();
    again.send(request::UnregisterMemory{Slot(2)});
    server_.pump();
  }
  EXPECT_EQ(server_.server->session_count(), 1u) << "the user has no room for a third";
  peer.close();
  EXPECT_TRUE(server_.pump_until([&] {
    TestPeer last = server_.connect(SocketType::kSeqpacket);
    allocate(last);
    server_.pump();
    return code_of(last.receive()) == 0;
  }));
}

TEST_F(ServerQuota, OfMappingTimeEndsWhoeverKeepsOthersWaiting) {
  TestPeer slow = server_.connect(SocketType::kSeqpacket);
  ASSERT_EQ(code(slow, map()), 0);
  server_.server->for_each_principal_for_testing([](Principal& principal) {
    principal.for_each_session_for_testing([](const Session& session) {
      session.caller().account->spend_mapping_time(std::chrono::seconds(2));
    });
  });
  EXPECT_EQ(code(slow, map()), EDQUOT) << "nothing more is mapped";
  server_.pump();
  EXPECT_EQ(server_.server->session_count(), 0u);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_NE(server_.log.back().find("kept others from mapping"), std::string::npos);
  EXPECT_EQ(code_of(server_.receive(server_.connect(SocketType::kSeqpacket))), EDQUOT);
  TestPeer other = server_.adopt();
  EXPECT_EQ(code(other, map()), 0) << "another principal's";
}

TEST_F(ServerQuota, OfDetachedMemoryIsExactAndNotForAdministrators) {
  TestPeer administrator = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(administrator, map(4, true)), 0);
  TestPeer peer = server_.adopt({.allow = Right::kMemory});
  ASSERT_EQ(code(peer, map(2, true)), 0);
  EXPECT_EQ(code(peer, map(2, true)), EDQUOT);
  EXPECT_EQ(code(peer, map(1, true)), 0);
  EXPECT_EQ(code(peer, map(2)), 0) << "what ends with its session is counted by itself";
}

TEST_F(ServerQuota, OfDatagramPeersIsTheUsers) {
  TestPeer peer = server_.connect(SocketType::kDatagram);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code(peer, map()), 0);
  EXPECT_EQ(code(peer, map()), EDQUOT);
}

TEST_F(ServerQuota, OfOneUserIsNotTouchedByAnother) {
  TestPeer greedy = server_.connect(SocketType::kSeqpacket);
  TestPeer greedy_too = server_.connect(SocketType::kSeqpacket);
  for (int i = 0; i < 2; ++i) code(greedy, map());
  for (int i = 0; i < 2; ++i) code(greedy_too, map());
  // An adopted connection has an account of its own, as another user has.
  TestPeer other = server_.adopt();
  EXPECT_EQ(code(other, map(4)), 0);
  EXPECT_EQ(code(other, ioevent()), 0);
  TestPeer opened = opened_by(other);
  EXPECT_EQ(code(opened, request::Status{}), 0);
}

// Sends until no more is taken. The server works meanwhile, so that it is what stops the peer.
int send_all_it_can(TestServer& server, const TestPeer& peer) {
  int sent = 0;
  auto frame = encode(request::BalloonAdjust{1}).bytes;
  for (int idle = 0; idle < 3;) {
    bool taken = send_message(peer.fd(), frame, -1, MSG_DONTWAIT).has_value();
    sent += taken;
    idle = taken ? 0 : idle + 1;
    if (!taken) server.pump();
  }
  return sent;
}

// Receives what there is; how many of each errno.
std::map<int, int> receive_all(TestServer& server, const TestPeer& peer) {
  std::map<int, int> codes;
  while (auto response = peer.receive()) {
    ++codes[code_of(response)];
    server.pump();
  }
  return codes;
}

TEST_F(ServerQuota, OfUnansweredRequestsIsOfAllSessionsOfAUserTogether) {
  TestPeer first = server_.adopt();
  TestPeer second = opened_by(first);
  int sent = send_all_it_can(server_, first);
  int64_t obeyed = server_.balloon.target_pages();
  EXPECT_LT(obeyed, sent) << "four responses wait, and no more is read";
  // The user may have two more; the session would be stopped after four.
  sent = send_all_it_can(server_, second);
  EXPECT_LT(server_.balloon.target_pages() - obeyed, sent);
  auto codes = receive_all(server_, second);
  EXPECT_GT(codes[EDQUOT], 0);
  EXPECT_EQ(codes[0] + codes[EDQUOT], sent) << "every request is answered";
  TestPeer other = server_.adopt();
  EXPECT_EQ(code(other, request::BalloonAdjust{1}), 0);
}

TEST_F(ServerQuota, AreToldByHello) {
  TestPeer peer = server_.connect(SocketType::kSeqpacket);
  auto hello = server_.call_for<response::Hello>(peer, request::Hello{});
  EXPECT_EQ(hello.max_regions, 2u);
  EXPECT_EQ(hello.max_events, 2u);
  EXPECT_EQ(hello.max_bytes, 4 * kPageSize);
}

}  // namespace
}  // namespace vm_control
