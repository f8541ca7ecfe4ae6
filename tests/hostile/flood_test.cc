// SPDX-License-Identifier: BSD-3-Clause
// Clients that send as much as they can, and read nothing or everything, while others are served.
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

// A busy machine slows down every client. A server that lets one client wait for another makes it
// wait for thousands of requests.
constexpr int kSlowdown = 50;
constexpr milliseconds kSlack(20);

void expect_little_slower(std::chrono::microseconds loaded, std::chrono::microseconds unloaded) {
  std::cout << "round trip: " << unloaded.count() << " us alone, " << loaded.count()
            << " us beside them\n";
  EXPECT_LT(loaded, kSlowdown * unloaded + kSlack);
}

TEST(Flood, AThousandClientsThatNeverReadAreEndedAndNobodyWaitsForThem) {
  constexpr size_t kStalled = 1000;
  ServerProcess server({.session_deadline = milliseconds(4000)});
  auto unloaded = median_round_trip(server.client());
  Footprint before = server.footprint();
  TestChild stalled([&] {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < kStalled; ++i) peers.push_back(server.connect());
    fill(peers);
    for (;;) pause();
  });
  size_t sessions = 0;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (sessions < kStalled + 1 && std::chrono::steady_clock::now() < end) {
    auto status = server.client().status();
    ASSERT_TRUE(status) << "the client is not served";
    sessions = std::max<size_t>(sessions, status->sessions);
  }
  EXPECT_EQ(sessions, kStalled + 1);
  expect_little_slower(median_round_trip(server.client()), unloaded);
  EXPECT_EQ(server.footprint_after(before), before) << "they are ended while they live";
}

TEST(Flood, ClientsThatSendAsFastAsTheyCanDoNotKeepOthersWaiting) {
  constexpr int kFlooding = 4;
  ServerProcess server;
  auto unloaded = median_round_trip(server.client());
  Footprint before = server.footprint();
  std::vector<TestChild> children;
  for (int i = 0; i < kFlooding; ++i) {
    children.emplace_back([&] {
      UniqueFd peer = server.connect();
      for (;;) {
        while (send_request(peer.get(), request::Status{})) {
        }
        receive_response(peer.get());
      }
    });
  }
  while (server.client().status()->sessions < kFlooding + 1u) {
  }
  expect_little_slower(median_round_trip(server.client()), unloaded);
  children.clear();
  EXPECT_EQ(server.footprint_after(before), before);
}

}  // namespace
}  // namespace vm_control
