// SPDX-License-Identifier: BSD-3-Clause
// The doorbells of a socket that relays them: the machine never gets a client's eventfd.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr SocketPolicy kRelayed{.doorbells = Doorbells::kRelay};

class ServerDoorbells : public testing::Test {
 protected:
  static Request ioevent_of(int fd) {
    return request::RegisterIoevent{MaybeOwnedFd::borrow(fd), {.address = 0x1000, .length = 4}};
  }
  // The guest writes to the only doorbell.
  void ring(eventfd_t count = 1) {
    ASSERT_EQ(server_.vm.ioevents.size(), 1u);
    ASSERT_EQ(eventfd_write(server_.vm.ioevents[0].first, count), 0);
  }

  TestServer server_;
  EventFd event_ = *EventFd::create();
};

TEST_F(ServerDoorbells, AreSignalledByTheGuestItselfUnlessTheSocketSaysOtherwise) {
  TestPeer peer = server_.adopt();
  ASSERT_EQ(code_of(server_.call(peer, ioevent_of(event_.fd()))), 0);
  ring(2);
  EXPECT_EQ(event_.take(), 2u);
}

TEST_F(ServerDoorbells, ThatAreRelayedReachTheClientByItsOwnThread) {
  TestPeer peer = server_.adopt(kRelayed);
  ASSERT_EQ(code_of(server_.call(peer, ioevent_of(event_.fd()))), 0);
  ring(2);
  EXPECT_EQ(event_.take(), 0u) << "the guest does not signal it";
  server_.pump();
  EXPECT_EQ(event_.take(), 2u);
}

TEST_F(ServerDoorbells, ThatAreRelayedAtAListeningSocketAndToDatagramsReachTheClient) {
  for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
    std::string path = server_.directory + "/relayed." + to_string(type);
    ASSERT_TRUE(server_.server->listen(path, type, kRelayed));
    TestPeer peer(*connect_socket(path, type, std::chrono::milliseconds(1000)));
    auto registered = server_.call_for<response::IoeventRegistered>(peer, ioevent_of(event_.fd()));
    ring();
    EXPECT_EQ(event_.take(), 0u);
    server_.pump();
    EXPECT_EQ(event_.take(), 1u);
    ASSERT_EQ(code_of(server_.call(peer, request::UnregisterEvent{registered.handle})), 0);
  }
}

TEST_F(ServerDoorbells, ThatAreRelayedAreOfSessionsThatASessionOpensToo) {
  TestPeer peer = server_.adopt(kRelayed);
  auto opened = server_.call_for<response::SessionOpened>(peer, request::OpenSession{});
  TestPeer another(std::move(opened.session));
  ASSERT_EQ(code_of(server_.call(another, ioevent_of(event_.fd()))), 0);
  ring();
  EXPECT_EQ(event_.take(), 0u);
}

TEST_F(ServerDoorbells, LeaveNothingHoweverTheyEnd) {
  TestPeer administrator = server_.adopt();
  TestPeer peer = server_.adopt(kRelayed);
  server_.pump();
  size_t fds = count_open_fds();
  auto add = [&](const TestPeer& to) {
    return server_.call_for<response::IoeventRegistered>(to, ioevent_of(event_.fd())).handle;
  };
  ASSERT_EQ(code_of(server_.call(peer, request::UnregisterEvent{add(peer)})), 0);
  EXPECT_EQ(count_open_fds(), fds);
  ASSERT_EQ(code_of(server_.call(administrator, request::UnregisterEvent{add(peer)})), 0);
  EXPECT_EQ(count_open_fds(), fds);
  {
    TestPeer gone = server_.adopt(kRelayed);
    server_.pump();
    add(gone);
  }
  server_.pump();
  TestPeer next = server_.adopt(kRelayed);  // as the principal of the one that has gone
  server_.pump();
  add(next);
  next.close();
  server_.pump();
  EXPECT_TRUE(server_.vm.ioevents.empty());
  add(peer);
  server_.server.reset();
  EXPECT_TRUE(server_.vm.ioevents.empty());
}

TEST_F(ServerDoorbells, ThatAreRefusedLeaveNothing) {
  SharedMemory memory = *SharedMemory::create("test", 4096);
  TestPeer peer = server_.adopt(kRelayed);
  TestPeer other = server_.adopt();
  server_.pump();
  size_t fds = count_open_fds();
  server_.vm.fail_next_with = ENOSPC;
  EXPECT_EQ(code_of(server_.call(peer, ioevent_of(event_.fd()))), ENOSPC);
  EXPECT_EQ(code_of(server_.call(peer, ioevent_of(memory.fd()))), EINVAL);
  EXPECT_EQ(count_open_fds(), fds);
  ASSERT_EQ(code_of(server_.call(other, ioevent_of(event_.fd()))), 0);
  EXPECT_EQ(code_of(server_.call(peer, ioevent_of(event_.fd()))), EEXIST);
  EXPECT_EQ(count_open_fds(), fds + 1) << "the other's";
}

TEST_F(ServerDoorbells, ThatAreRelayedLeaveInterruptsAsTheyAre) {
  TestPeer peer = server_.adopt(kRelayed);
  ASSERT_EQ(
      code_of(server_.call(peer, request::RegisterIrqfd{MaybeOwnedFd::borrow(event_.fd()), 5})), 0);
  event_.signal();
  eventfd_t count = 0;
  ASSERT_EQ(eventfd_read(server_.vm.irqs[0].first, &count), 0);
  EXPECT_EQ(count, 1u) << "the machine has the client's own";
}

}  // namespace
}  // namespace vm_control
