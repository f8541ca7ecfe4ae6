// SPDX-License-Identifier: BSD-3-Clause
// A server that may have few descriptors: a user who takes all that it can get leaves enough for
// the next one at the same socket.
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_memory.h"
#include "vm_control/transport/message.h"
#include "vm_control/transport/test_lingering.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxDescriptors = 300;
constexpr uid_t kGreedy = 4713;
constexpr uid_t kHonest = 4714;

// A server sees the effective user of a client. The real one stays root, which may stop a server.
TestChild as_user(uid_t uid, const std::function<void()>& work) {
  return TestChild([&work, uid] {
    if (setegid(uid) != 0 || seteuid(uid) != 0) _exit(2);
    TestChild::die_with_owner();
    work();
  });
}

class DescriptorShare : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  }

  // Has a user do `work`, which ends with pause(), for `time`, and then another one be served at
  // `path`.
  void expect_others_are_served_beside(const std::function<void()>& work, const std::string& path,
                                       milliseconds time = milliseconds(1000)) {
    Footprint before = server_.footprint();
    TestChild greedy = as_user(kGreedy, work);
    std::this_thread::sleep_for(time);
    Footprint during = server_.footprint();
    std::cout << before.fds << " descriptors, " << during.fds << " during the attack\n";
    EXPECT_GT(during.fds, before.fds + 20) << "the attack does not work";
    // Half of three quarters of what was left.
    EXPECT_LT(during.fds, before.fds + (kMaxDescriptors - before.fds) * 3 / 8);
    EXPECT_TRUE(as_user(kHonest, [&path] { be_honest(path); }).wait());
    EXPECT_TRUE(server_.client().status());
    greedy.kill_and_wait();
    EXPECT_EQ(server_.footprint_after(before), before);
  }

  // Ends the process with a status other than 0 if a request fails.
  static void be_honest(const std::string& path) {
    auto client = Client::connect(path, milliseconds(10'000));
    SharedMemory memory = *SharedMemory::create("honest", kPageSize);
    EventFd event = *EventFd::create();
    auto expect = [](const auto& result) {
      if (!result) _exit(1);
    };
    expect(client);
    for (int i = 0; i < 100; ++i) {
      expect(client->status());
      auto mapped = client->map_memory(memory.fd(), kPageSize);
      expect(mapped);
      auto doorbell = client->register_ioevent_anywhere(event.fd(), {.length = 4});
      expect(doorbell);
      expect(client->open_session());
      expect(client->subscribe());
      expect(client->unregister_event(doorbell->handle));
      expect(client->unmap_memory(mapped->handle));
    }
    expect(Client::connect(path, milliseconds(10'000)));
  }

  ServerProcess server_{{.max_fds = kMaxDescriptors, .uids = {kGreedy, kHonest}}};
};

TEST_F(DescriptorShare, OfConnectionsLeavesOthersServed) {
  auto attack = [this] {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < 2 * kMaxDescriptors; ++i) peers.push_back(server_.connect());
    for (;;) pause();
  };
  expect_others_are_served_beside(attack, server_.path());
}

TEST_F(DescriptorShare, OfAllThatAClientCanRegisterLeavesOthersServed) {
  auto attack = [this] {
    auto client = Client::connect(server_.path(), milliseconds(10'000));
    EventFd event = *EventFd::create();
    UniqueFd memory = make_unsealable_memory(kPageSize);
    std::vector<Client> sessions;
    for (size_t i = 0; client && i < kMaxDescriptors; ++i) {
      static_cast<void>(client->register_ioevent_anywhere(event.fd(), {.length = 8}));
      static_cast<void>(client->map_memory(memory.get(), kPageSize));
      if (auto session = client->open_session()) sessions.push_back(std::move(*session));
    }
    for (;;) pause();
  };
  expect_others_are_served_beside(attack, server_.path());
}

TEST_F(DescriptorShare, OfResponsesThatAreNotTakenLeavesOthersServed) {
  auto attack = [this] {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < 20; ++i) peers.push_back(server_.connect());
    for (size_t i = 0; i < 20; ++i) {
      for (const UniqueFd& peer : peers) send_request(peer.get(), request::OpenSession{});
    }
    for (;;) pause();
  };
  expect_others_are_served_beside(attack, server_.path());
}

// The first close keeps the thread busy, so that connections wait for it.
TEST_F(DescriptorShare, OfDescriptorsThatCantBeClosedLeavesOtherSocketsServed) {
  auto attack = [this] {
    auto status = encode(request::Status{}).bytes;
    std::vector<UniqueFd> receivers;
    std::vector<UniqueFd> senders;
    std::vector<int> sent;
    for (int i = 0; i < 20; ++i) {
      auto [sender, receiver] = *make_lingering(30);
      sent.push_back(sender.get());
      senders.push_back(std::move(sender));
      receivers.push_back(std::move(receiver));
    }
    std::vector<UniqueFd> peers;
    peers.push_back(server_.connect());
    // The last to close a descriptor waits. The server stands still, so that it is not this process.
    server_.stop();
    send_with_fds(peers.back().get(), status, sent);
    senders.clear();
    server_.go_on();
    for (size_t i = 0; i < kMaxDescriptors; ++i) {
      auto peer = connect_socket(server_.path(), SocketType::kSeqpacket, milliseconds(100));
      if (peer) peers.push_back(std::move(*peer));
    }
    for (;;) pause();
  };
  Client before = *Client::connect(server_.path());
  // Ten a second would be more than a share by then.
  expect_others_are_served_beside(attack, server_.other_path(), milliseconds(7000));
  EXPECT_TRUE(before.status()) << "sessions at the same socket are served as well";
}

}  // namespace
}  // namespace vm_control
