// SPDX-License-Identifier: BSD-3-Clause
// The users that may connect, and their rights.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerRights : public testing::Test {
 protected:
  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_.call(peer, request));
  }
  Request map() {
    return request::MapMemory{.fd = MaybeOwnedFd::borrow(page_.fd()), .size = kPageSize};
  }
  Request ioevent() {
    return request::RegisterIoevent{MaybeOwnedFd::borrow(event_.fd()),
                                    {.address = GuestLayout::kDoorbells.value(), .length = 4}};
  }

  TestServer server_;
  SharedMemory page_ = *SharedMemory::create("test", kPageSize);
  EventFd event_ = *EventFd::create();
};

// The rights that allow each request; it is tried with each right alone.
TEST_F(ServerRights, EachRightAllowsItsRequestsAndNoOther) {
  using request::BalloonAdjust;
  const std::vector<std::pair<Rights, std::function<Request()>>> kTable = {
      {Right::kLifecycle, [] { return request::Exit{}; }},
      {Right::kLifecycle, [] { return request::Pause{}; }},
      {Right::kLifecycle, [] { return request::Resume{}; }},
      {Right::kLifecycle, [] { return request::PowerButton{}; }},
      {Right::kMemory, [&] { return register_memory(page_.fd(), kPageSize); }},
      {Right::kMemory, [&] { return map(); }},
      {Right::kMemory, [] { return request::ReadDirtyLog{}; }},
      {Right::kMemory | Right::kGpu, [] { return request::UnregisterMemory{Slot(77)}; }},
      {Right::kMemory | Right::kGpu, [] { return request::UnmapMemory{}; }},
      {Right::kGpu, [] { return request::AllocateAndRegisterGpuMemory{}; }},
      {Right::kEvents, [&] { return ioevent(); }},
      {Right::kEvents,
       [&] {
         return request::RegisterIrqfd{MaybeOwnedFd::borrow(event_.fd()), 16};
       }},
      {Right::kEvents, [] { return request::UnregisterEvent{}; }},
      {Right::kBalloon, [] { return BalloonAdjust{1}; }},
      {Right::kBalloon, [] { return request::BalloonSet{}; }},
      {Right::kObserve, [] { return request::BalloonStatus{}; }},
      {Right::kObserve, [] { return request::BalloonStats{}; }},
      {Right::kObserve, [] { return request::Hello{}; }},
      {Right::kObserve, [] { return request::Status{}; }},
      {Right::kObserve, [] { return request::NextRegion{}; }},
      {Right::kObserve, [] { return request::Subscribe{kAllEvents}; }},
  };
  for (uint32_t bit = 1; bit <= static_cast<uint32_t>(Right::kMemslots); bit <<= 1) {
    Rights held = Rights::from_mask(bit);
    for (size_t row = 0; row < kTable.size(); ++row) {
      TestPeer peer = server_.adopt({.allow = held});
      bool allowed = (kTable[row].first.mask() & bit) != 0;
      EXPECT_EQ(code(peer, kTable[row].second()) != EPERM, allowed)
          << held.to_string() << ", row " << row;
    }
  }
}

TEST_F(ServerRights, WhatIsDeniedChangesNothingAndIsLoggedOnce) {
  TestPeer peer = server_.adopt({.allow = Right::kObserve}, Credentials{.pid = 4242, .uid = 99});
  EXPECT_EQ(code(peer, request::Exit{}), EPERM);
  EXPECT_EQ(server_.vm.exits, 0);
  ASSERT_EQ(server_.log.size(), 1u);
  EXPECT_EQ(server_.log[0], "denied Exit to pid 4242 (uid 99), which may do observe");
  EXPECT_EQ(code(peer, map()), EPERM);
  EXPECT_TRUE(server_.vm.memory.empty());
  EXPECT_EQ(server_.log.size(), 2u);
}

TEST_F(ServerRights, AFloodOfDenialsDoesNotFloodTheLog) {
  TestPeer peer = server_.adopt({.allow = Right::kObserve});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(code(peer, request::Exit{}), EPERM);
  EXPECT_LT(server_.log.size(), 100u);
}

TEST_F(ServerRights, AFloodOfDenialsDoesNotHideMemoryThatVanishes) {
  TestPeer peer = server_.adopt({.allow = Right::kObserve});
  TestPeer owner = server_.adopt();
  UniqueFd file = make_unsealable_memory(kPageSize);
  ASSERT_EQ(code(owner, register_memory(file.get(), kPageSize)), 0);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(code(peer, request::Exit{}), EPERM);
  resize(file, 0);
  server_.watch->check();
  server_.pump();
  EXPECT_NE(server_.log.back().find("has vanished"), std::string::npos);
}

TEST_F(ServerRights, AnOpenedSessionMayNoMoreThanItsOpener) {
  TestPeer peer = server_.adopt({.allow = Right::kObserve});
  TestPeer opened(server_.call_for<response::SessionOpened>(peer, request::OpenSession{}).session);
  EXPECT_EQ(code(opened, request::Status{}), 0);
  EXPECT_EQ(code(opened, map()), EPERM);
}

// Runs `ask` as another user, in a process of its own, and returns what it returns.
template <class Function>
int as_user(uid_t uid, TestServer& server, Function ask) {
  pid_t child = fork();
  if (child == 0) _exit(setuid(uid) == 0 ? ask() : 255);
  int status = 0;
  server.pump_until([&] { return waitpid(child, &status, WNOHANG) == child; });
  return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

class ServerUsers : public ServerRights {
 protected:
  static constexpr uid_t kFriend = 4711;
  static constexpr uid_t kStranger = 4712;

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    std::filesystem::permissions(server_.directory, std::filesystem::perms(0711));
    SocketPolicy policy{.allow = Right::kObserve, .uids = {kFriend}, .mode = 0666};
    for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
      ASSERT_TRUE(server_.server->listen(path(type), type, policy));
    }
  }

  std::string path(SocketType type) const { return server_.directory + "/" + to_string(type); }

  // The errno that Status is answered with.
  int ask_as(uid_t uid, SocketType type) {
    return as_user(uid, server_, [&] {
      auto socket = connect_socket(path(type), type, std::chrono::milliseconds(1000));
      if (!socket) return socket.error().code();
      EncodedRequest request = encode(request::Status{});
      ignore(send_message(socket->get(), request.bytes, -1, 0), "the server may have refused it");
      ResponseFrame frame;
      auto message = receive_message(socket->get(), frame, 0);
      if (!message || message->size != kResponseSize) return 253;
      auto response = decode_response(frame, UniqueFd());
      auto* err = std::get_if<response::Err>(&*response);
      return err ? err->code : 0;
    });
  }
};

TEST_F(ServerUsers, ThoseWhoAreListedAreServedAndOthersAreRefused) {
  for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
    EXPECT_EQ(ask_as(kFriend, type), 0) << to_string(type);
    EXPECT_TRUE(server_.log.empty());
    EXPECT_EQ(ask_as(kStranger, type), EPERM) << to_string(type);
    server_.pump();
    ASSERT_EQ(server_.log.size(), 1u);
    EXPECT_NE(server_.log[0].find("uid 4712"), std::string::npos) << server_.log[0];
    server_.log.clear();
  }
}

}  // namespace
}  // namespace vm_control
