// SPDX-License-Identifier: BSD-3-Clause
// A client that watches its eventfd hundreds of thousands of times makes each signal slow: for the
// vCPU that rings, unless the socket relays doorbells.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <chrono>
#include <iostream>
#include <vector>

#include "tests/hostile/test_honest_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/event_fd.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

// 200,000 watches of one eventfd.
class Watches {
 public:
  explicit Watches(int event) {
    constexpr size_t kEpolls = 450;
    while (epolls_.size() < kEpolls) epolls_.emplace_back(epoll_create1(EPOLL_CLOEXEC));
    while (duplicates_.size() < kEpolls) duplicates_.push_back(*UniqueFd::duplicate(event));
    epoll_event readable{.events = EPOLLIN, .data = {}};
    for (const UniqueFd& epoll : epolls_) {
      for (const UniqueFd& duplicate : duplicates_) {
        EXPECT_EQ(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, duplicate.get(), &readable), 0);
      }
    }
  }

 private:
  std::vector<UniqueFd> epolls_;
  std::vector<UniqueFd> duplicates_;
};

// How long a guest's write to the doorbell of `event` takes. Its owner is told of the write.
std::chrono::nanoseconds time_of_ring(ServerProcess& server, EventFd& event) {
  Client peer = *Client::connect(server.path(), milliseconds(10'000));
  EXPECT_TRUE(peer.register_ioevent_anywhere(event.fd(), {.length = 4}));
  auto time = server.ring();
  pollfd rung{.fd = event.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&rung, 1, 10'000), 1);
  EXPECT_EQ(event.take(), 1u);
  return time;
}

TEST(Doorbell, ThatIsRelayedCostsTheGuestNothingHoweverOftenItIsWatched) {
  EventFd event = *EventFd::create();
  ServerProcess direct({.doorbells = Doorbells::kDirect});
  ServerProcess relayed({.doorbells = Doorbells::kRelay});
  Watches watches(event.fd());
  Footprint before = relayed.footprint();
  auto with_direct = time_of_ring(direct, event);
  auto with_relay = time_of_ring(relayed, event);
  std::cout << "direct: " << with_direct.count() / 1000
            << " us, relayed: " << with_relay.count() / 1000 << " us\n";
  EXPECT_GT(with_direct, milliseconds(5)) << "the attack does not work";
  EXPECT_LT(with_relay, milliseconds(2) * sanitizer_factor());
  EXPECT_EQ(relayed.footprint_after(before), before);
}

TEST(Doorbell, ThatIsRelayedKeepsOnlyItsOwnerWaiting) {
  EventFd event = *EventFd::create();
  ServerProcess server({.doorbells = Doorbells::kRelay});
  Watches watches(event.fd());
  Client peer = *Client::connect(server.path(), milliseconds(10'000));
  ASSERT_TRUE(peer.register_ioevent_anywhere(event.fd(), {.length = 4}));
  for (int i = 0; i < 20; ++i) {
    EXPECT_LT(server.ring(), milliseconds(20) * sanitizer_factor());
    EXPECT_LT(median_round_trip(server.client()), milliseconds(20) * sanitizer_factor());
  }
}

}  // namespace
}  // namespace vm_control
