// SPDX-License-Identifier: BSD-3-Clause
// Clients that are stopped or killed at any moment leave nothing behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/memory/guest_layout.h"
#include "vm_control/protocol/event.h"
#include "vm_control/transport/message.h"

namespace vm_control {
namespace {

// A process with AddressSanitizer takes ten times as long to fork.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kClients = 1'000;
#else
constexpr size_t kClients = 10'000;
#endif
constexpr size_t kAtOnce = 50;

// Sends all kinds of requests, and reads some of the answers, until it is killed.
class MortalClient {
 public:
  MortalClient(const std::string& path, uint64_t seed) : path_(path), random_(seed) {}

  void run() {
    connections_.push_back(connect_socket(path_, SocketType::kSeqpacket, kPatience).value());
    for (;;) {
      int socket = connections_[random_() % connections_.size()].get();
      if (random_() % 8 == 0) {
        std::byte half[kRequestSize / 2]{};
        ignore(send_message(socket, half, -1, MSG_DONTWAIT), "the server may have gone");
      } else {
        send_request(socket, request());
      }
      if (random_() % 4) take(receive_response(socket));
    }
  }

 private:
  static constexpr std::chrono::milliseconds kPatience{1000};

  Request request() {
    auto memory = [this] { return MaybeOwnedFd::borrow(memory_.fd()); };
    auto event = [this] { return MaybeOwnedFd::borrow(event_.fd()); };
    switch (random_() % 9) {
      case 0:
        return request::RegisterMemory{memory(), kPageSize};
      case 1:
        return request::MapMemory{.fd = memory(), .size = kPageSize, .flags = {.log_dirty = true}};
      case 2:
        return request::AllocateAndRegisterGpuMemory{16, 16, 0x34325258};
      case 3:
        return request::RegisterIoevent{
            event(),
            {.address = GuestLayout::kDoorbells.value() + random_() % 4096 * 8, .length = 4}};
      case 4:
        return request::RegisterIrqfd{event(), static_cast<uint32_t>(random_() % 16)};
      case 5:
        return request::Subscribe{kAllEvents};
      case 6:
        return request::OpenSession{};
      case 7:
        return request::ReadDirtyLog{last_};
      default:
        return request::UnmapMemory{last_};
    }
  }

  void take(std::optional<Response> response) {
    if (!response) return;
    if (auto* mapped = std::get_if<response::MappedMemory>(&*response)) last_ = mapped->handle;
    auto* opened = std::get_if<response::SessionOpened>(&*response);
    if (opened && set_socket_deadline(opened->session.get(), kPatience)) {
      connections_.push_back(std::move(opened->session));
    }
  }

  std::string path_;
  std::mt19937_64 random_;
  std::vector<UniqueFd> connections_;
  SharedMemory memory_ = *SharedMemory::create("test", kPageSize);
  EventFd event_ = *EventFd::create();
  Handle last_;
};

void run_and_kill_a_batch(const std::string& path, std::mt19937_64& random) {
  std::vector<TestChild> clients;
  for (size_t i = 0; i < kAtOnce; ++i) {
    clients.emplace_back([&path, seed = random()] { MortalClient(path, seed).run(); });
    // Some are killed before others begin.
    TestChild& one = clients[random() % clients.size()];
    if (random() % 4 == 0) one.signal(random() % 2 ? SIGSTOP : SIGKILL);
  }
  usleep(static_cast<useconds_t>(random() % 2000));
  for (TestChild& each : clients) each.signal(random() % 4 == 0 ? SIGSTOP : SIGKILL);
}

void kill_clients(const std::string& path) {
  std::mt19937_64 random(20260102);
  for (size_t killed = 0; killed < kClients; killed += kAtOnce) run_and_kill_a_batch(path, random);
}

void expect_nothing_is_left(ServerProcess& server) {
  Footprint before = server.footprint();
  kill_clients(server.path());
  EXPECT_EQ(server.footprint_after(before), before);
  EXPECT_TRUE(server.client().status());
}

TEST(KilledClients, LeaveNothingBehind) {
  ServerProcess server;
  expect_nothing_is_left(server);
}

TEST(KilledClients, LeaveNothingBehindInARealMachine) {
  if (auto kvm = kvm::Kvm::open(); !kvm) GTEST_SKIP() << kvm.error().message();
  ServerProcess server({.machine = ServerProcess::Machine::kKvm});
  expect_nothing_is_left(server);
}

}  // namespace
}  // namespace vm_control
