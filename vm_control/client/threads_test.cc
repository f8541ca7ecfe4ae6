// SPDX-License-Identifier: BSD-3-Clause
// Principals on threads of their own, all busy at the same time. ThreadSanitizer runs this, too.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <thread>

#include "vm_control/base/event_fd.h"
#include "vm_control/client/client.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kPatience(5000);
constexpr int kPrincipals = 4;

class PrincipalThreads : public testing::Test {
 protected:
  PrincipalThreads() {
    EXPECT_TRUE(server_.server->listen(path_, SocketType::kSeqpacket));
    for (int i = 0; i < kPrincipals; ++i) {
      auto [ours, theirs] = *make_socket_pair(SocketType::kSeqpacket);
      EXPECT_TRUE(server_.server->adopt(std::move(ours)));
      clients_.push_back(*Client::adopt(std::move(theirs), kPatience));
    }
    main_.emplace(server_.loop);
  }

  // Asks for all kinds of things, and gives back only some. Any answer will do.
  void be_busy(Client& client, unsigned seed, int requests) {
    std::mt19937 random(seed);
    SharedMemory memory = *SharedMemory::create("test", kPageSize);
    EventFd event = *EventFd::create();
    Handle region;
    Handle registration;
    for (int i = 0; i < requests; ++i) {
      switch (random() % 8) {
        case 0:
        case 1:
          region =
              client.map_memory(memory.fd(), kPageSize).value_or(response::MappedMemory{}).handle;
          break;
        case 2:
          static_cast<void>(client.unmap_memory(region));
          break;
        case 3:
          registration =
              client
                  .register_ioevent(
                      event.fd(),
                      {.address = GuestLayout::kDoorbells.value() + random() % 64 * 8, .length = 8})
                  .value_or(Handle());
          break;
        case 4:
          static_cast<void>(client.unregister_event(registration));
          break;
        case 5:
          static_cast<void>(client.next_region({}));
          break;
        case 6:
          ignore(Client::connect(path_, kPatience), "there may be too many");
          break;
        default:
          static_cast<void>(client.status());
      }
    }
  }

  std::vector<std::jthread> start_clients(int requests) {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kPrincipals; ++i) {
      threads.emplace_back([this, i, requests] { be_busy(clients_[i], i, requests); });
    }
    return threads;
  }

  TestServer server_{{}, TestServer::Loops::kThreads};
  std::string path_ = server_.directory + "/vm";
  std::vector<Client> clients_;
  std::optional<TestLoopThread> main_;
};

TEST_F(PrincipalThreads, ManyAtOnceLeaveNothingBehind) {
  start_clients(500).clear();
  for (Client& each : clients_) EXPECT_TRUE(each.status());
  clients_.clear();
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (server_.server->session_count() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_EQ(server_.server->session_count(), 0u);
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(server_.executor.events().count(), 0u);
}

TEST_F(PrincipalThreads, MayEndWhileAllOfThemAreBusy) {
  auto threads = start_clients(1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  main_->stop();
  server_.server.reset();
  threads.clear();
  EXPECT_EQ(server_.memory.count(), 0u);
  EXPECT_EQ(server_.executor.events().count(), 0u);
}

}  // namespace
}  // namespace vm_control
