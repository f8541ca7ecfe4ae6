// SPDX-License-Identifier: BSD-3-Clause
// Each extended call: the bytes that it sends, and what it returns for a response.
#include <gtest/gtest.h>

#include "vm_control/client/client.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

// A test sends the server's answers before it makes the calls.
class ClientCalls : public testing::Test {
 protected:
  void answer(const Response& response) { answer(encode(response).bytes, encode(response).fd); }
  void answer(const ResponseFrame& frame, int fd = -1) {
    ASSERT_TRUE(send_message(server_.get(), frame, fd, 0));
  }

  struct Sent {
    std::string hex;
    UniqueFd fd;
  };
  // The next request that the client sent.
  Sent sent() {
    RequestFrame frame{};
    auto message = receive_message(server_.get(), frame, MSG_DONTWAIT);
    EXPECT_TRUE(message);
    if (!message) return {};
    EXPECT_EQ(message->size, kRequestSize);
    return {to_hex(frame), std::move(message->fd)};
  }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(SocketType::kSeqpacket);
  UniqueFd server_ = std::move(pair_.first);
  Client client_ = *Client::adopt(std::move(pair_.second), milliseconds(100));
  UniqueFd null_ = open_null();
};

TEST_F(ClientCalls, MapMemorySendsAllThatItIsTold) {
  answer(response::MappedMemory{GuestAddress(0x180000000), Handle(0x10002), 0x2000, Slot(7)});
  auto memory = client_.map_memory(null_.get(), 0x2000,
                                   {.offset = 0x1000,
                                    .at = GuestAddress(0x180000000),
                                    .flags = {.read_only = true, .log_dirty = true}});
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->address, GuestAddress(0x180000000));
  EXPECT_EQ(memory->handle, Handle(0x10002));
  EXPECT_EQ(memory->size, 0x2000u);
  EXPECT_EQ(memory->slot, Slot(7));
  auto request = sent();
  EXPECT_EQ(request.hex, "10010000 0b000000 00200000 00000000 00100000 00000000 00000080 01000000");
  EXPECT_TRUE(request.fd);
}

TEST_F(ClientCalls, MapMemoryNeedsNoOptions) {
  answer(response::MappedMemory{});
  EXPECT_TRUE(client_.map_memory(null_.get(), 0x1000));
  EXPECT_EQ(sent().hex, "10010000 00000000 00100000 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, UnmapMemoryAndUnregisterEventSendTheHandle) {
  answer(response::Ok{});
  EXPECT_TRUE(client_.unmap_memory(Handle(0x10002)));
  EXPECT_EQ(sent().hex, "11010000 00000000 02000100 00000000 00000000 00000000 00000000 00000000");
  answer(response::Err{ENOENT});
  auto refused = client_.unregister_event(Handle(0x10003));
  EXPECT_EQ(refused.error().kind, Kind::kRefused);
  EXPECT_EQ(refused.error().error.code(), ENOENT);
  EXPECT_EQ(sent().hex, "22010000 00000000 03000100 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, TheBalloonIsSetAndTellsItsState) {
  answer(response::Ok{});
  EXPECT_TRUE(client_.set_balloon(0x4000000));
  EXPECT_EQ(sent().hex, "30010000 00000000 00000004 00000000 00000000 00000000 00000000 00000000");
  BalloonStatus balloon{BalloonState::kAdjusting, 0x4000000, 0x1000000, 12};
  answer(response::BalloonStatus{balloon});
  EXPECT_EQ(*client_.balloon_status(), balloon);
  EXPECT_EQ(sent().hex, "31010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  BalloonStats stats{.free_bytes = 0x1000, .total_bytes = 0x8000000, .age_ms = 7};
  answer(response::BalloonStats{stats});
  EXPECT_EQ(*client_.balloon_stats(), stats);
  EXPECT_EQ(sent().hex, "32010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  answer(response::Err{ENODATA});
  EXPECT_EQ(client_.balloon_stats().error().error.code(), ENODATA);
}

TEST_F(ClientCalls, ThePowerButtonIsPressed) {
  answer(response::Ok{});
  EXPECT_TRUE(client_.press_power_button());
  EXPECT_EQ(sent().hex, "43010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  answer(response::Err{EOPNOTSUPP});
  EXPECT_EQ(client_.press_power_button().error().error.code(), EOPNOTSUPP);
}

RegionInfo region_at(uint64_t address) {
  return {GuestAddress(address), 0x1000, Handle(address), 0, 1, 2, Slot(3)};
}

TEST_F(ClientCalls, NextRegionEndsAfterTheLast) {
  answer(response::Region{region_at(0x1000)});
  answer(response::Err{ENOENT});
  EXPECT_EQ(*client_.next_region(), region_at(0x1000));
  EXPECT_EQ(*client_.next_region(GuestAddress(0x1000)), std::nullopt);
  EXPECT_EQ(sent().hex, "12010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(sent().hex, "12010000 00000000 00100000 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, RegionsAreListedFromTheFirstToTheLast) {
  answer(response::Region{region_at(0)});
  answer(response::Region{region_at(0x3000)});
  answer(response::Err{ENOENT});
  auto regions = client_.regions();
  ASSERT_TRUE(regions) << regions.error().message();
  EXPECT_EQ(*regions, (std::vector{region_at(0), region_at(0x3000)}));
  EXPECT_EQ(sent().hex, "12010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(sent().hex, "12010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(sent().hex, "12010000 00000000 00300000 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, TheLayoutIsListedWithItsFlag) {
  answer(response::Region{region_at(0)});
  answer(response::Err{ENOENT});
  EXPECT_EQ(client_.layout()->size(), 1u);
  EXPECT_EQ(sent().hex, "12010000 03000000 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(sent().hex, "12010000 02000000 00000000 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, ARefusedListLeavesTheConnection) {
  answer(response::Err{EPERM});
  EXPECT_EQ(client_.regions().error().error.code(), EPERM);
  answer(response::Ok{});
  EXPECT_TRUE(client_.pause());
}

TEST_F(ClientCalls, ReadDirtyLogBringsTheBitmap) {
  answer(response::DirtyLog{open_null(), 64});
  auto log = client_.read_dirty_log(Handle(0x10002));
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_GE(log->bitmap.get(), 0);
  EXPECT_EQ(log->bitmap_bytes, 64u);
  EXPECT_EQ(sent().hex, "13010000 00000000 02000100 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, EventsAreRegisteredWithTheirDescriptor) {
  answer(response::IoeventRegistered{Handle(5)});
  auto doorbell = client_.register_ioevent(null_.get(),
                                           {Ioevent::Space::kPort, 0x3f8, 4, uint64_t{0xdeadbeef}});
  EXPECT_EQ(*doorbell, Handle(5));
  auto request = sent();
  EXPECT_EQ(request.hex, "20010000 03000000 f8030000 00000000 efbeadde 00000000 04000000 00000000");
  EXPECT_TRUE(request.fd);

  answer(response::IrqfdRegistered{Handle(6)});
  EXPECT_EQ(*client_.register_irqfd(null_.get(), 9), Handle(6));
  request = sent();
  EXPECT_EQ(request.hex, "21010000 09000000 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_TRUE(request.fd);
}

TEST_F(ClientCalls, ADescriptorThatIsNoneLeavesTheConnection) {
  EXPECT_EQ(client_.register_irqfd(9999, 1).error().kind, Kind::kLocal);
  answer(response::Ok{});
  EXPECT_TRUE(client_.resume());
}

TEST_F(ClientCalls, StatusPauseAndResumeAreOfOneTypeOnly) {
  VmStatus status{VmState::kPaused, 2, 1 << 20, 77, 3, 4, 5};
  answer(response::Status{status});
  EXPECT_EQ(*client_.status(), status);
  EXPECT_EQ(sent().hex, "40010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  answer(response::Ok{});
  EXPECT_TRUE(client_.pause());
  EXPECT_EQ(sent().hex, "41010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  answer(response::Ok{});
  EXPECT_TRUE(client_.resume());
  EXPECT_EQ(sent().hex, "42010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
}

TEST_F(ClientCalls, OpenSessionIsAnotherClient) {
  auto [theirs, ours] = *make_socket_pair(SocketType::kSeqpacket);
  answer(response_frame(0x151), ours.get());
  auto session = client_.open_session();
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(sent().hex, "51010000 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
  ASSERT_TRUE(send_message(theirs.get(), response_frame(1), -1, 0));
  EXPECT_TRUE(session->resume());
  // It has the deadline of the first client.
  EXPECT_EQ(session->resume().error().kind, Kind::kTimedOut);
  answer(response::Ok{});
  EXPECT_TRUE(client_.resume());
}

TEST_F(ClientCalls, ASessionThatIsNoSocketIsAProtocolError) {
  answer(response_frame(0x151), null_.get());
  EXPECT_EQ(client_.open_session().error().kind, Kind::kProtocol);
}

TEST_F(ClientCalls, ASubscriptionThatIsNoSocketIsAProtocolError) {
  answer(response_frame(0x150), null_.get());
  EXPECT_EQ(client_.subscribe().error().kind, Kind::kProtocol);
}

TEST_F(ClientCalls, AResponseWithoutItsDescriptorIsAProtocolError) {
  answer(response_frame(0x113));
  EXPECT_EQ(client_.read_dirty_log(Handle(1)).error().kind, Kind::kProtocol);
  EXPECT_EQ(client_.resume().error().kind, Kind::kDisconnected);
}

TEST_F(ClientCalls, TheResponseToAnotherRequestIsAProtocolError) {
  answer(response::IoeventRegistered{Handle(1)});
  EXPECT_EQ(client_.register_irqfd(null_.get(), 1).error().kind, Kind::kProtocol);
}

TEST_F(ClientCalls, LeaveNoDescriptorBehind) {
  size_t before = count_open_fds();
  for (int round = 0; round < 10; ++round) {
    answer(response::DirtyLog{open_null(), 8});
    ASSERT_TRUE(client_.read_dirty_log(Handle(1)));
    answer(response_frame(0x150), server_.get());
    ASSERT_TRUE(client_.subscribe());
    for (int i = 0; i < 2; ++i) sent();
  }
  EXPECT_EQ(count_open_fds(), before);
}

}  // namespace
}  // namespace vm_control
