// SPDX-License-Identifier: BSD-3-Clause
// Lists of a server that is not trusted to end them, and the end of all calls.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "vm_control/client/client.h"
#include "vm_control/protocol/response.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = CallError::Kind;
using std::chrono::milliseconds;

class ClientList : public testing::Test {
 protected:
  static constexpr milliseconds kListDeadline{300};

  ~ClientList() override {
    shutdown(server_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  // Answers each request with the region that `next` makes of its address.
  void answer(std::function<RegionInfo(uint64_t)> next) {
    thread_ = std::thread([this, next = std::move(next)] {
      RequestFrame request{};
      for (;;) {
        auto message = receive_message(server_.get(), request, 0);
        if (!message || message->size == 0) return;
        response::Region region{next(load<uint64_t>(request, 8))};
        ignore(send_message(server_.get(), encode(region).bytes, -1, 0), "the client may be gone");
      }
    });
  }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(SocketType::kSeqpacket);
  UniqueFd server_ = std::move(pair_.first);
  Client client_ = *Client::adopt(std::move(pair_.second), kListDeadline);
  std::thread thread_;
};

RegionInfo page_at(uint64_t address) {
  return {.address = GuestAddress(address), .size = 0x1000};
}

TEST_F(ClientList, ThatDoesNotGoUpIsAProtocolError) {
  answer([](uint64_t) { return page_at(0x3000); });
  EXPECT_EQ(client_.regions().error().kind, Kind::kProtocol);
  EXPECT_EQ(client_.status().error().kind, Kind::kDisconnected);
}

TEST_F(ClientList, OfARegionPastTheAddressSpaceIsAProtocolError) {
  answer([](uint64_t) { return RegionInfo{.address = GuestAddress(1), .size = UINT64_MAX}; });
  EXPECT_EQ(client_.next_region().error().kind, Kind::kProtocol);
}

TEST_F(ClientList, ThatIsEndlessEndsWithTheMostRegionsThatThereCanBe) {
  client_ = *Client::adopt(UniqueFd::duplicate(client_.fd()).value(), std::chrono::seconds(30));
  answer([](uint64_t after) { return page_at(after + 0x1000); });
  EXPECT_EQ(client_.regions().error().kind, Kind::kProtocol);
}

TEST_F(ClientList, EndsAsAWholeWithTheDeadline) {
  answer([](uint64_t after) {
    std::this_thread::sleep_for(milliseconds(20));
    return page_at(after + 0x1000);
  });
  auto start = Clock::now();
  EXPECT_EQ(client_.layout().error().kind, Kind::kTimedOut);
  EXPECT_GE(Clock::now() - start, kListDeadline - milliseconds(20));
  EXPECT_LT(Clock::now() - start, 2 * kListDeadline);
}

TEST_F(ClientList, LeavesTheDeadlineOfOtherCallsAsItWas) {
  ASSERT_TRUE(send_message(server_.get(), encode(response::Err{ENOENT}).bytes, -1, 0));
  ASSERT_TRUE(client_.regions());
  auto start = Clock::now();
  EXPECT_EQ(client_.status().error().kind, Kind::kTimedOut);
  EXPECT_GE(Clock::now() - start, kListDeadline - milliseconds(20));
}

TEST_F(ClientList, AndAllCallsEndAtTheMomentThatIsSet) {
  auto start = Clock::now();
  client_.finish_by(start + milliseconds(50));
  EXPECT_EQ(client_.hello().error().kind, Kind::kTimedOut);
  EXPECT_LT(Clock::now() - start, kListDeadline);
  auto pair = *make_socket_pair(SocketType::kSeqpacket);
  auto late = *Client::adopt(std::move(pair.second));
  late.finish_by(start);
  EXPECT_EQ(late.status().error().kind, Kind::kTimedOut) << "that moment has passed";
}

}  // namespace
}  // namespace vm_control
