// SPDX-License-Identifier: BSD-3-Clause
// The balloon and the power button: their requests and events, over a session.
#include <gtest/gtest.h>

#include <chrono>

#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr BalloonStats kTold = {.free_bytes = kMiB, .available_bytes = 2 * kMiB, .age_ms = 1000};

class ServerBalloon : public testing::Test {
 protected:
  int code(const Request& request) { return code_of(server_.call(peer_, request)); }
  BalloonStatus status() {
    return server_.call_for<response::BalloonStatus>(peer_, request::BalloonStatus{}).status;
  }
  // The guest tells `stats`, and the machine tells the server.
  void report(const BalloonStats& stats) {
    server_.balloon.report(stats);
    server_.server->on_balloon_changed();
  }
  void ask_for_stats(const TestPeer& peer) {
    ASSERT_TRUE(peer.send(request::BalloonStats{}));
    server_.pump();
  }
  static std::optional<BalloonStats> stats_in(const std::optional<Response>& response) {
    auto* stats = response ? std::get_if<response::BalloonStats>(&*response) : nullptr;
    return stats ? std::optional(stats->stats) : std::nullopt;
  }
  UniqueFd subscribe() {
    return server_.call_for<response::Subscribed>(peer_, request::Subscribe{kAllEvents}).events;
  }
  // The next event about the balloon; nothing if none has come.
  std::optional<BalloonStatus> next(const UniqueFd& events) {
    server_.pump();
    ResponseFrame frame;
    auto message = receive_message(events.get(), frame, MSG_DONTWAIT);
    if (!message) return std::nullopt;
    auto event = decode_event(frame);
    EXPECT_EQ(event->type, EventType::kBalloonChanged);
    return std::get<BalloonStatus>(event->detail);
  }

  TestServer server_;
  TestPeer peer_ = server_.adopt();
};

TEST_F(ServerBalloon, IsSetToATargetWhichItsStatusTells) {
  EXPECT_EQ(code(request::BalloonSet{64 * kMiB}), 0);
  EXPECT_EQ(code(request::BalloonAdjust{256}), 0);
  server_.balloon.now.state = BalloonState::kAdjusting;
  server_.balloon.now.actual_bytes = 3 * kMiB;
  server_.balloon.now.age_ms = 17;
  EXPECT_EQ(status(), (BalloonStatus{BalloonState::kAdjusting, 65 * kMiB, 3 * kMiB, 17}));
  EXPECT_EQ(code(request::BalloonSet{1}), EINVAL);
}

TEST_F(ServerBalloon, WithoutADriverCantBeSetButHasAStatus) {
  server_.balloon.connected = false;
  server_.balloon.now.state = BalloonState::kNotReady;
  EXPECT_EQ(code(request::BalloonSet{kMiB}), ENOTCONN);
  EXPECT_EQ(code(request::BalloonAdjust{1}), ENOTCONN);
  EXPECT_EQ(code(request::BalloonStats{}), ENOTCONN);
  EXPECT_EQ(status().state, BalloonState::kNotReady);
}

TEST_F(ServerBalloon, StatsAreAnsweredWhenTheGuestHasTold) {
  ask_for_stats(peer_);
  EXPECT_EQ(server_.balloon.stats_requests, 1);
  EXPECT_FALSE(peer_.receive());
  TestPeer other = server_.adopt();
  EXPECT_EQ(code_of(server_.call(other, request::Status{})), 0) << "nobody else waits";
  report(kTold);
  EXPECT_EQ(stats_in(server_.receive(peer_)), kTold);
}

TEST_F(ServerBalloon, OneReportAnswersAllThatWaitForIt) {
  TestPeer other = server_.adopt();
  ask_for_stats(peer_);
  ask_for_stats(other);
  report(kTold);
  server_.pump();
  EXPECT_EQ(stats_in(peer_.receive()), kTold);
  EXPECT_EQ(stats_in(other.receive()), kTold);
  ask_for_stats(peer_);
  server_.server->on_balloon_changed();
  server_.pump();
  EXPECT_FALSE(peer_.receive()) << "that report was told before it asked";
}

TEST_F(ServerBalloon, FreshStatsAreAnsweredWithoutAskingTheGuest) {
  BalloonStats fresh = kTold;
  fresh.age_ms = 100;
  report(fresh);
  ask_for_stats(peer_);
  EXPECT_EQ(stats_in(peer_.receive()), fresh);
  EXPECT_EQ(server_.balloon.stats_requests, 0);
}

TEST_F(ServerBalloon, AGuestThatDoesNotAnswerIsWaitedForForASecond) {
  using Clock = std::chrono::steady_clock;
  report(kTold);
  TestPeer other = server_.adopt();
  auto begin = Clock::now();
  ask_for_stats(peer_);
  EXPECT_FALSE(peer_.receive());
  while (Clock::now() - begin < std::chrono::milliseconds(300)) server_.loop.run_once(10);
  ask_for_stats(other);
  EXPECT_EQ(stats_in(server_.receive(peer_)), kTold) << "what it told last";
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(1000));
  EXPECT_FALSE(other.receive()) << "this one asked later";
  EXPECT_EQ(stats_in(server_.receive(other)), kTold);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(1300));
}

TEST_F(ServerBalloon, AGuestThatHasNeverToldHasNoData) {
  ask_for_stats(peer_);
  EXPECT_EQ(code_of(server_.receive(peer_)), ENODATA);
}

TEST_F(ServerBalloon, ADriverWithoutStatsSaysSo) {
  server_.balloon.has_stats = false;
  EXPECT_EQ(code(request::BalloonStats{}), EOPNOTSUPP);
}

TEST_F(ServerBalloon, APeerThatGoesWhileItWaitsForStatsIsForgotten) {
  ask_for_stats(peer_);
  peer_.close();
  EXPECT_TRUE(server_.pump_until([&] { return server_.server->session_count() == 0; }));
  report(kTold);
  server_.pump();
  TestPeer other = server_.adopt();
  EXPECT_EQ(code_of(server_.call(other, request::Status{})), 0);
}

TEST_F(ServerBalloon, OnlyTheSessionThatAskedWaits) {
  TestPeer another(
      server_.call_for<response::SessionOpened>(peer_, request::OpenSession{}).session);
  ask_for_stats(peer_);
  EXPECT_EQ(code_of(server_.call(another, request::Status{})), 0);
}

TEST_F(ServerBalloon, ADatagramIsAnsweredAtOnceBecauseOthersWaitBehindIt) {
  TestPeer datagrams = server_.connect(SocketType::kDatagram);
  ask_for_stats(datagrams);
  EXPECT_EQ(code_of(datagrams.receive()), ENODATA);
  EXPECT_EQ(server_.balloon.stats_requests, 1);
  report(kTold);
  ask_for_stats(datagrams);
  EXPECT_EQ(stats_in(datagrams.receive()), kTold);
}

TEST_F(ServerBalloon, SubscribersAreToldOfEachChangeOnce) {
  UniqueFd events = subscribe();
  EXPECT_EQ(code(request::BalloonSet{64 * kMiB}), 0);
  EXPECT_EQ(next(events), (BalloonStatus{.state = BalloonState::kIdle}));
  EXPECT_EQ(code(request::BalloonSet{64 * kMiB}), 0);
  EXPECT_FALSE(next(events)) << "it is as it was";

  server_.balloon.now.state = BalloonState::kAdjusting;
  server_.balloon.now.actual_bytes = kMiB;
  server_.balloon.now.age_ms = 3;
  server_.server->on_balloon_changed();
  EXPECT_EQ(next(events), (BalloonStatus{BalloonState::kAdjusting, 0, kMiB, 3}));
  server_.balloon.now.age_ms = 4;
  server_.server->on_balloon_changed();
  EXPECT_FALSE(next(events)) << "an age is no change";
}

TEST_F(ServerBalloon, ThePowerButtonIsPressed) {
  EXPECT_EQ(code(request::PowerButton{}), 0);
  EXPECT_EQ(server_.vm.power_buttons, 1);
  server_.vm.has_power_button = false;
  EXPECT_EQ(code(request::PowerButton{}), EOPNOTSUPP);
}

// Threads of the server read the balloon while another one changes it.
TEST(ServerBalloonThreads, ReportsReachSessionsOfOtherThreads) {
  TestServer server({}, TestServer::Loops::kThreads);
  TestPeer peer = server.adopt();
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(peer.send(request::BalloonStats{}));
    auto asked = [&] {
      std::lock_guard lock(server.balloon.mutex);
      return server.balloon.stats_requests > round;
    };
    ASSERT_TRUE(server.pump_until(asked));
    server.balloon.report(kTold);
    server.server->on_balloon_changed();
    auto response = server.receive(peer);
    ASSERT_TRUE(response && std::holds_alternative<response::BalloonStats>(*response));
  }
}

}  // namespace
}  // namespace vm_control
