// SPDX-License-Identifier: BSD-3-Clause
// Client::hello() with servers that answer, that refuse, that are slow, and that are of 2018.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "vm_control/client/client.h"
#include "vm_control/protocol/test_frames.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

using Kind = CallError::Kind;
using std::chrono::milliseconds;

constexpr milliseconds kShort{20};
constexpr std::string_view kHelloRequest =
    "00010000 01000000 00000000 00000000 00000000 00000000 00000000 00000000";
constexpr std::string_view kUnregisterRequest =
    "03000000 ffffffff 00000000 00000000 00000000 00000000 00000000 00000000";

class ClientHello : public testing::TestWithParam<SocketType> {
 protected:
  // The frames that the server sends after it has received a request.
  using Turn = std::vector<ResponseFrame>;

  ~ClientHello() override {
    if (thread_.joinable()) thread_.join();
  }

  // Lets the server receive one request for each turn.
  void serve(std::vector<Turn> turns) {
    thread_ = std::thread([this, turns = std::move(turns)] {
      ASSERT_TRUE(set_socket_deadline(server_.get(), milliseconds(5000)));
      for (const Turn& turn : turns) {
        RequestFrame request{};
        if (!receive_message(server_.get(), request, 0)) return;
        requests_.push_back(to_hex(request));
        for (const ResponseFrame& response : turn) {
          ASSERT_TRUE(send_message(server_.get(), response, -1, 0));
        }
      }
    });
  }

  // The requests that the server received, after it has received all.
  std::vector<std::string> requests() {
    thread_.join();
    return requests_;
  }

  static ResponseFrame hello_frame() {
    return encode(response::Hello{kFeatureLayout, 1, Right::kMemory | Right::kObserve, 509, 64,
                                  1ULL << 40, 4242})
        .bytes;
  }
  static ResponseFrame ok() { return response_frame(1); }
  static ResponseFrame err(uint32_t code) { return response_frame(2, code); }

  std::pair<UniqueFd, UniqueFd> pair_ = *make_socket_pair(GetParam());
  UniqueFd server_ = std::move(pair_.first);
  Client client_ = *Client::adopt(std::move(pair_.second), milliseconds(200));
  std::vector<std::string> requests_;
  std::thread thread_;
};

INSTANTIATE_TEST_SUITE_P(Both, ClientHello,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(ClientHello, TellsWhoAnswersAndWhatTheSessionMay) {
  serve({{hello_frame()}});
  auto hello = client_.hello();
  ASSERT_TRUE(hello) << hello.error().message();
  EXPECT_EQ(hello->features, kFeatureLayout);
  EXPECT_EQ(hello->version, 1u);
  EXPECT_EQ(hello->allowed.to_string(), "memory+observe");
  EXPECT_EQ(hello->max_regions, 509u);
  EXPECT_EQ(hello->max_events, 64u);
  EXPECT_EQ(hello->max_bytes, 1ULL << 40);
  EXPECT_EQ(hello->pid, 4242u);
  EXPECT_EQ(requests(), (std::vector<std::string>{std::string(kHelloRequest)}));
}

TEST_P(ClientHello, OfAServerThatKnowsNoneIsRefusedAndLeavesTheConnection) {
  serve({{err(EOPNOTSUPP)}, {ok()}});
  auto hello = client_.hello();
  EXPECT_EQ(hello.error().kind, Kind::kRefused);
  EXPECT_EQ(hello.error().error.code(), EOPNOTSUPP);
  EXPECT_TRUE(client_.adjust_balloon(1));
}

// That server drops unknown requests, and answers the others.
TEST_P(ClientHello, OfAServerOf2018IsRefusedAndLeavesTheConnection) {
  serve({{}, {err(ENOENT)}, {ok()}});
  auto hello = client_.hello(kShort);
  EXPECT_EQ(hello.error().kind, Kind::kRefused);
  EXPECT_EQ(hello.error().error.code(), EOPNOTSUPP);
  EXPECT_TRUE(client_.adjust_balloon(1));
  auto got = requests();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0], kHelloRequest);
  EXPECT_EQ(got[1], kUnregisterRequest);
}

TEST_P(ClientHello, OfASlowServerIsStillTakenAndNotForAnotherResponse) {
  serve({{}, {hello_frame(), err(ENOENT)}, {ok()}});
  auto hello = client_.hello(kShort);
  ASSERT_TRUE(hello) << hello.error().message();
  EXPECT_EQ(hello->pid, 4242u);
  EXPECT_TRUE(client_.adjust_balloon(1));
}

TEST_P(ClientHello, ThatASlowServerRefusesIsNotTakenForAnotherResponse) {
  serve({{}, {err(EPERM), err(EPERM)}, {ok()}});
  auto hello = client_.hello(kShort);
  EXPECT_EQ(hello.error().kind, Kind::kRefused);
  EXPECT_EQ(hello.error().error.code(), EPERM);
  EXPECT_TRUE(client_.adjust_balloon(1));
}

TEST_P(ClientHello, OfAServerThatAnswersNothingTimesOut) {
  serve({{}, {}});
  EXPECT_EQ(client_.hello(kShort).error().kind, Kind::kTimedOut);
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kDisconnected);
}

TEST_P(ClientHello, OfAServerThatAnswersOnlyHalfTimesOut) {
  serve({{}, {hello_frame()}});
  EXPECT_EQ(client_.hello(kShort).error().kind, Kind::kTimedOut);
  EXPECT_EQ(client_.adjust_balloon(1).error().kind, Kind::kDisconnected);
}

TEST_P(ClientHello, AnsweredByAnythingElseIsAProtocolError) {
  serve({{ok()}});
  EXPECT_EQ(client_.hello().error().kind, Kind::kProtocol);
}

TEST_P(ClientHello, TellsWhyAConnectionIsRefused) {
  if (GetParam() == SocketType::kDatagram) return;  // has no connection to refuse
  ASSERT_TRUE(send_message(server_.get(), err(EPERM), -1, 0));
  server_.reset();
  auto hello = client_.hello();
  EXPECT_EQ(hello.error().kind, Kind::kRefused);
  EXPECT_EQ(hello.error().error.code(), EPERM);
}

}  // namespace
}  // namespace vm_control
