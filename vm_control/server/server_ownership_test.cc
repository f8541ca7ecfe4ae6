// SPDX-License-Identifier: BSD-3-Clause
// A session owns its registrations, and they end with it.
#include <gtest/gtest.h>

#include "vm_control/base/event_fd.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

class ServerOwnership : public testing::Test {
 protected:
  Request map(bool detached = false) {
    return request::MapMemory{
        .fd = MaybeOwnedFd::borrow(page_.fd()), .size = kPageSize, .detached = detached};
  }
  Request ioevent(uint64_t address) {
    return request::RegisterIoevent{
        MaybeOwnedFd::borrow(event_.fd()),
        {.address = GuestLayout::kDoorbells.value() + address, .length = 4}};
  }
  Request irqfd() { return request::RegisterIrqfd{MaybeOwnedFd::borrow(event_.fd()), 16}; }
  int code(const TestPeer& peer, const Request& request) {
    return code_of(server_.call(peer, request));
  }

  static constexpr uint32_t kXr24 = 0x34325258;

  TestServer server_;
  SharedMemory page_ = *SharedMemory::create("test", kPageSize);
  EventFd event_ = *EventFd::create();
  // Everything but admin.
  SocketPolicy device_{
      .allow = Rights::from_mask(Rights::all().mask() & ~static_cast<uint32_t>(Right::kAdmin))};
};

TEST_F(ServerOwnership, EverythingThatASessionRegisteredEndsWithIt) {
  // The principal of a connection that has ended is used again.
  server_.adopt(device_).close();
  server_.pump();
  size_t fds = count_open_fds();
  TestPeer peer = server_.adopt(device_);
  ASSERT_EQ(code(peer, map()), 0);
  ASSERT_EQ(code(peer, register_memory(page_.fd(), kPageSize)), 0);
  ASSERT_EQ(code(peer, request::AllocateAndRegisterGpuMemory{64, 16, kXr24}), 0);
  ASSERT_EQ(code(peer, ioevent(0x1000)), 0);
  ASSERT_EQ(code(peer, irqfd()), 0);
  ASSERT_EQ(code(peer, request::Subscribe{kAllEvents}), 0);
  EXPECT_EQ(server_.vm.memory.size(), 3u);
  peer.close();
  server_.pump();
  EXPECT_TRUE(server_.vm.memory.empty());
  EXPECT_TRUE(server_.vm.ioevents.empty());
  EXPECT_TRUE(server_.vm.irqs.empty());
  EXPECT_EQ(server_.server->subscriber_count_for_testing(), 0u);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(count_open_fds(), fds);
}

TEST_F(ServerOwnership, OthersKeepWhatTheyHaveWhenASessionEnds) {
  TestPeer stays = server_.adopt(device_);
  TestPeer goes = server_.adopt(device_);
  ASSERT_EQ(code(stays, map()), 0);
  ASSERT_EQ(code(stays, ioevent(0x1000)), 0);
  ASSERT_EQ(code(goes, map()), 0);
  ASSERT_EQ(code(goes, ioevent(0x2000)), 0);
  goes.close();
  server_.pump();
  EXPECT_EQ(server_.vm.memory.size(), 1u);
  ASSERT_EQ(server_.vm.ioevents.size(), 1u);
  EXPECT_EQ(server_.vm.ioevents[0].second.address, GuestLayout::kDoorbells.value() + 0x1000);
}

TEST_F(ServerOwnership, OnlyTheOwnerReleases) {
  TestPeer owner = server_.adopt(device_);
  TestPeer other = server_.adopt(device_);
  auto region = server_.call_for<response::MappedMemory>(owner, map());
  auto doorbell = server_.call_for<response::IoeventRegistered>(owner, ioevent(0x1000));
  EXPECT_EQ(code(other, request::UnmapMemory{region.handle}), ENOENT);
  EXPECT_EQ(code(other, request::UnregisterMemory{region.slot}), ENOENT);
  EXPECT_EQ(code(other, request::UnregisterEvent{doorbell.handle}), ENOENT);
  EXPECT_EQ(code(other, request::ReadDirtyLog{region.handle}), ENOENT);
  EXPECT_EQ(code(owner, request::UnregisterEvent{doorbell.handle}), 0);
  EXPECT_EQ(code(owner, request::UnmapMemory{region.handle}), 0);
  EXPECT_EQ(code(owner, request::UnmapMemory{region.handle}), ENOENT) << "once";
}

TEST_F(ServerOwnership, AdminReleasesWhatOthersOwn) {
  TestPeer owner = server_.adopt(device_);
  TestPeer admin = server_.adopt();
  auto region = server_.call_for<response::MappedMemory>(owner, map());
  auto doorbell = server_.call_for<response::IrqfdRegistered>(owner, irqfd());
  EXPECT_EQ(code(admin, request::UnmapMemory{region.handle}), 0);
  EXPECT_EQ(code(admin, request::UnregisterEvent{doorbell.handle}), 0);
  EXPECT_TRUE(server_.vm.irqs.empty());
}

TEST_F(ServerOwnership, DetachedMemoryIsThePrincipalsWhateverItsSession) {
  TestPeer first = server_.connect(SocketType::kSeqpacket);
  auto region = server_.call_for<response::MappedMemory>(first, map(true));
  first.close();
  server_.pump();
  EXPECT_EQ(server_.memory.count(), 1u);
  TestPeer second = server_.connect(SocketType::kSeqpacket);
  EXPECT_EQ(code(second, request::UnmapMemory{region.handle}), 0);
  EXPECT_EQ(server_.memory.count(), 0u);
}

TEST_F(ServerOwnership, DetachedMemoryOutlivesItsSession) {
  TestPeer peer = server_.adopt(device_);
  auto region = server_.call_for<response::MappedMemory>(peer, map(true));
  TestPeer other = server_.adopt(device_);
  EXPECT_EQ(code(other, request::UnmapMemory{region.handle}), ENOENT) << "it is the principal's";
  peer.close();
  server_.pump();
  EXPECT_EQ(server_.vm.memory.size(), 1u);
  TestPeer admin = server_.adopt();
  auto info = server_.call_for<response::Region>(admin, request::NextRegion{}).info;
  EXPECT_EQ(info.handle, region.handle);
  EXPECT_EQ(info.flags, kRegionDetached);
  EXPECT_EQ(code(admin, request::UnmapMemory{region.handle}), 0);
}

TEST_F(ServerOwnership, DatagramPeersActForTheVm) {
  TestPeer first = server_.connect(SocketType::kDatagram);
  TestPeer second = server_.connect(SocketType::kDatagram);
  auto region = server_.call_for<response::MappedMemory>(first, map());
  auto doorbell = server_.call_for<response::IoeventRegistered>(first, ioevent(0x1000));
  first.close();
  server_.pump();
  EXPECT_EQ(server_.vm.memory.size(), 1u);
  EXPECT_EQ(code(second, request::UnmapMemory{region.handle}), 0);
  EXPECT_EQ(code(second, request::UnregisterEvent{doorbell.handle}), 0);
}

// A region that is not released would show the guest the memory of somebody else.
TEST_F(ServerOwnership, WhatTheHypervisorKeepsIsLogged) {
  TestPeer peer = server_.adopt(device_);
  ASSERT_EQ(code(peer, map()), 0);
  server_.vm.fail_next_with = EIO;
  peer.close();
  server_.pump();
  ASSERT_FALSE(server_.log.empty());
  EXPECT_NE(server_.log[0].find("the VM keeps 1"), std::string::npos);
  EXPECT_EQ(server_.memory.count(), 1u);
  EXPECT_EQ(server_.server->session_count(), 0u);
}

TEST_F(ServerOwnership, AHandleOfOneKindNamesNothingOfTheOther) {
  TestPeer peer = server_.adopt(device_);
  auto region = server_.call_for<response::MappedMemory>(peer, map());
  auto doorbell = server_.call_for<response::IoeventRegistered>(peer, ioevent(0x1000));
  EXPECT_EQ(code(peer, request::UnmapMemory{doorbell.handle}), ENOENT);
  EXPECT_EQ(code(peer, request::UnregisterEvent{region.handle}), ENOENT);
}

TEST_F(ServerOwnership, ANewSessionOfTheSamePeerOwnsNothingOfTheFirst) {
  TestPeer first = server_.adopt(device_);
  TestPeer second(server_.call_for<response::SessionOpened>(first, request::OpenSession{}).session);
  auto region = server_.call_for<response::MappedMemory>(first, map());
  EXPECT_EQ(code(second, request::UnmapMemory{region.handle}), ENOENT);
  ASSERT_EQ(code(second, map()), 0);
  first.close();
  server_.pump();
  EXPECT_EQ(server_.vm.memory.size(), 1u) << "and outlives it";
}

}  // namespace
}  // namespace vm_control
