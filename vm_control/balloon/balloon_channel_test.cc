// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <utility>
#include <vector>

#include "vm_control/balloon/absent_balloon.h"
#include "vm_control/base/page.h"

namespace vm_control {
namespace {

using Bytes = std::vector<uint8_t>;

std::pair<UniqueFd, UniqueFd> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

class BalloonChannelTest : public testing::Test {
 protected:
  explicit BalloonChannelTest(std::pair<UniqueFd, UniqueFd> ends = socket_pair())
      : device_(std::move(ends.second)), channel_(std::move(ends.first), kRamPages) {}

  // Receives the next datagram; returns nothing if there is none.
  Bytes receive() {
    Bytes datagram(64);
    ssize_t length = recv(device_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    datagram.resize(length < 0 ? 0 : static_cast<size_t>(length));
    return datagram;
  }

  uint64_t target() const { return channel_.target().pages(); }

  static constexpr uint64_t kRamPages = 10'000;
  UniqueFd device_;
  BalloonChannel channel_;
};

TEST_F(BalloonChannelTest, SendsTheBytesOfTheOriginal) {
  ASSERT_TRUE(channel_.adjust(5));
  ASSERT_TRUE(channel_.adjust(-3));
  EXPECT_EQ(receive(), (Bytes{0x05, 0x00, 0x00, 0x00}));
  EXPECT_EQ(receive(), (Bytes{0xfd, 0xff, 0xff, 0xff}));
  EXPECT_EQ(target(), 2u);
}

TEST_F(BalloonChannelTest, SendsByHowMuchTheTargetReallyMoved) {
  ASSERT_TRUE(channel_.adjust(INT32_MAX));
  EXPECT_EQ(receive(), (Bytes{0x10, 0x27, 0x00, 0x00}));
  EXPECT_EQ(target(), kRamPages);
  ASSERT_TRUE(channel_.adjust(INT32_MIN));
  EXPECT_EQ(receive(), (Bytes{0xf0, 0xd8, 0xff, 0xff}));
  EXPECT_EQ(target(), 0u);
}

TEST_F(BalloonChannelTest, SendsNothingWhereTheTargetStays) {
  ASSERT_TRUE(channel_.adjust(0));
  ASSERT_TRUE(channel_.adjust(-1));
  EXPECT_EQ(receive(), Bytes{});
}

TEST_F(BalloonChannelTest, ADeviceThatIsGoneIsNotConnectedAndTheTargetStays) {
  ASSERT_TRUE(channel_.adjust(7));
  device_.reset();
  EXPECT_EQ(channel_.adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(channel_.adjust(-1).error().code(), ENOTCONN);
  EXPECT_EQ(target(), 7u);
}

TEST_F(BalloonChannelTest, ADeviceThatStoppedReceivingIsNotConnected) {
  ASSERT_EQ(shutdown(device_.get(), SHUT_RD), 0);
  EXPECT_EQ(channel_.adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(target(), 0u);
}

TEST_F(BalloonChannelTest, ADeviceThatConnectedElsewhereIsNotConnected) {
  ASSERT_TRUE(channel_.adjust(7));
  UniqueFd other(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A socket that is bound to the family alone gets a name from the kernel: unix(7), autobind.
  sockaddr_un name{.sun_family = AF_UNIX};
  socklen_t length = sizeof(name.sun_family);
  auto* address = reinterpret_cast<sockaddr*>(&name);
  ASSERT_EQ(bind(other.get(), address, length), 0);
  length = sizeof(name);
  ASSERT_EQ(getsockname(other.get(), address, &length), 0);
  ASSERT_EQ(connect(device_.get(), address, length), 0);
  // The kernel first reports that the datagrams which it had not received are lost.
  EXPECT_EQ(channel_.adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(channel_.adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(target(), 7u);
}

TEST_F(BalloonChannelTest, AFullQueueRefusesAndTheTargetAgreesWithWhatWasSent) {
  uint64_t sent = 0;
  while (sent < kRamPages && channel_.adjust(1)) ++sent;
  ASSERT_LT(sent, kRamPages);
  EXPECT_EQ(channel_.adjust(1).error().code(), EAGAIN);
  EXPECT_EQ(target(), sent);

  EXPECT_EQ(receive(), (Bytes{0x01, 0x00, 0x00, 0x00}));
  ASSERT_TRUE(channel_.adjust(2));
  EXPECT_EQ(target(), sent + 2);
}

TEST_F(BalloonChannelTest, ATargetInBytesIsSentAsTheWayToIt) {
  ASSERT_TRUE(channel_.set_target(9 * kPageSize));
  EXPECT_EQ(receive(), (Bytes{0x09, 0x00, 0x00, 0x00}));
  ASSERT_TRUE(channel_.set_target(2 * kPageSize));
  EXPECT_EQ(receive(), (Bytes{0xf9, 0xff, 0xff, 0xff}));
  ASSERT_TRUE(channel_.set_target(UINT64_MAX / kPageSize * kPageSize));
  EXPECT_EQ(target(), kRamPages);
}

TEST_F(BalloonChannelTest, ATargetThatNoDatagramReachesIsRefused) {
  auto [ours, theirs] = socket_pair();
  BalloonChannel channel(std::move(ours), uint64_t{1} << 32);
  EXPECT_EQ(channel.set_target((uint64_t{1} << 31) * kPageSize).error().code(), EOVERFLOW);
  EXPECT_EQ(channel.target().pages(), 0u);
  EXPECT_TRUE(channel.set_target(((uint64_t{1} << 31) - 1) * kPageSize));
}

TEST_F(BalloonChannelTest, OnlyTheTargetIsKnown) {
  ASSERT_TRUE(channel_.adjust(3));
  BalloonStatus status = channel_.status();
  EXPECT_EQ(status.state, BalloonState::kUnknown);
  EXPECT_EQ(status.target_bytes, 3 * kPageSize);
  EXPECT_EQ(status.actual_bytes, 0u);
  EXPECT_EQ(channel_.request_stats().error().code(), ENOTSUP);
  EXPECT_FALSE(channel_.stats());
  EXPECT_EQ(channel_.reports(), 0u);
}

TEST(BalloonChannel, ASocketWithoutAPeerIsNotConnected) {
  BalloonChannel channel(UniqueFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), 100);
  EXPECT_EQ(channel.adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(channel.target().pages(), 0u);
}

TEST(AbsentBalloon, IsNeverConnected) {
  EXPECT_EQ(AbsentBalloon().adjust(1).error().code(), ENOTCONN);
  EXPECT_EQ(AbsentBalloon().adjust(0).error().code(), ENOTCONN);
  EXPECT_EQ(AbsentBalloon().set_target(0).error().code(), ENOTCONN);
  EXPECT_EQ(AbsentBalloon().request_stats().error().code(), ENOTCONN);
}

TEST(AbsentBalloon, SaysThatItIsAbsent) {
  EXPECT_EQ(AbsentBalloon().status(), BalloonStatus());
  EXPECT_EQ(AbsentBalloon().status().state, BalloonState::kAbsent);
  EXPECT_EQ(AbsentBalloon().reports(), 0u);
  EXPECT_FALSE(AbsentBalloon().stats());
}

}  // namespace
}  // namespace vm_control
