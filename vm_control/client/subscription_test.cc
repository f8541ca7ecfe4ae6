// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/subscription.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "vm_control/client/client.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"
#include "vm_control/transport/test_fds.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

class SubscriptionTest : public testing::Test {
 protected:
  void send(const Event& event) { ASSERT_TRUE(send_message(vm_.get(), encode(event), -1, 0)); }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(SocketType::kSeqpacket);
  UniqueFd vm_ = std::move(pair_.first);
  Subscription events_{VmState::kPaused, std::move(pair_.second)};
};

TEST_F(SubscriptionTest, GivesTheEventsInTheirOrderAndThenWaits) {
  Event paused{EventType::kPaused, 1, VmStatus{.state = VmState::kPaused, .pid = 7}};
  Event lost{EventType::kLost, 2, LostEvents{9}};
  send(paused);
  send(lost);
  EXPECT_EQ(*events_.next(milliseconds(0)), paused);
  EXPECT_EQ(*events_.next(milliseconds(0)), lost);
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(events_.next(milliseconds(20)).error().kind, Kind::kTimedOut);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(20));
  send(paused);
  EXPECT_TRUE(events_.next(milliseconds::max()));
}

TEST_F(SubscriptionTest, HasADescriptorThatIsReadableWhenThereIsAnEvent) {
  pollfd entry{.fd = events_.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&entry, 1, 0), 0);
  send(Event{EventType::kResumed, 1, VmStatus{}});
  EXPECT_EQ(poll(&entry, 1, 0), 1);
}

TEST_F(SubscriptionTest, EndsAfterTheLastEvent) {
  send(Event{EventType::kExited, 1, VmStatus{.state = VmState::kExited}});
  vm_.reset();
  EXPECT_EQ(events_.next(milliseconds(0))->type, EventType::kExited);
  EXPECT_EQ(events_.next(milliseconds(0)).error().kind, Kind::kDisconnected);
  EXPECT_EQ(events_.fd(), -1);
  EXPECT_EQ(events_.next(milliseconds(0)).error().kind, Kind::kDisconnected);
}

TEST_F(SubscriptionTest, SurvivesAnEventThatItDoesNotKnow) {
  ASSERT_TRUE(send_message(vm_.get(), response_frame(0x2ff), -1, 0));
  std::array<std::byte, kResponseSize + 1> longer{};
  ASSERT_TRUE(send_message(vm_.get(), longer, -1, 0));
  send(Event{EventType::kLost, 3, LostEvents{1}});
  EXPECT_EQ(events_.next(milliseconds(0)).error().kind, Kind::kProtocol);
  EXPECT_EQ(events_.next(milliseconds(0)).error().kind, Kind::kProtocol);
  EXPECT_EQ(events_.next(milliseconds(0))->sequence, 3u);
}

TEST_F(SubscriptionTest, ClosesADescriptorThatAnEventBrings) {
  size_t before = count_open_fds();
  Event event{EventType::kResumed, 1, VmStatus{}};
  ASSERT_TRUE(send_message(vm_.get(), encode(event), vm_.get(), 0));
  EXPECT_EQ(events_.next(milliseconds(0)).error().kind, Kind::kProtocol);
  EXPECT_EQ(count_open_fds(), before);
}

TEST_F(SubscriptionTest, IsWhatAClientSubscribes) {
  auto [server, ours] = *make_socket_pair(SocketType::kSeqpacket);
  auto client = Client::adopt(std::move(ours));
  auto frame = response_frame(0x150);
  store(frame, 8, 2u);
  auto [vm, theirs] = *make_socket_pair(SocketType::kSeqpacket);
  ASSERT_TRUE(send_message(server.get(), frame, theirs.get(), 0));
  theirs.reset();
  auto events = client->subscribe(event_bit(EventType::kExited));
  ASSERT_TRUE(events) << events.error().message();
  EXPECT_EQ(events->state(), VmState::kPaused);
  RequestFrame request{};
  ASSERT_TRUE(receive_message(server.get(), request, 0));
  EXPECT_EQ(to_hex(request),
            "50010000 02000000 00000000 00000000 00000000 00000000 00000000 00000000");

  Event exited{EventType::kExited, 1, VmStatus{.state = VmState::kExited}};
  ASSERT_TRUE(send_message(vm.get(), encode(exited), -1, 0));
  EXPECT_EQ(*events->next(milliseconds(0)), exited);
  vm.reset();
  EXPECT_EQ(events->next(milliseconds(1000)).error().kind, Kind::kDisconnected);
}

}  // namespace
}  // namespace vm_control
