// SPDX-License-Identifier: BSD-3-Clause
// A server whose table of descriptors is full goes on serving its clients, and does not spin.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <iostream>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

constexpr std::chrono::seconds kDuration(10);

// Makes the server call its observers, and its timer that ends sessions. UBSan opens descriptors of
// its own on the first call of each.
void warm_up(ServerProcess& server, int memory) {
  Footprint before = server.footprint();
  auto mapped = server.client().map_memory(memory, kPageSize);
  EXPECT_TRUE(mapped && server.client().unmap_memory(mapped->handle));
  std::vector<UniqueFd> silent;
  silent.push_back(server.connect());
  fill(silent);
  EXPECT_EQ(server.footprint_after(before), before);
}

TEST(FullTable, LeavesSessionsServedAndTheProcessorIdleForTenSeconds) {
  constexpr size_t kMaxFds = 200;
  ServerProcess server({.session_deadline = std::chrono::milliseconds(200), .max_fds = kMaxFds});
  auto memory = *SharedMemory::create("test", kPageSize);
  warm_up(server, memory.fd());
  Footprint before = server.footprint();
  server.fill_table();
  ASSERT_GE(server.footprint().fds, kMaxFds);
  TestChild holder([&] {
    std::vector<UniqueFd> peers;
    for (size_t i = 0; i < kMaxFds; ++i) peers.push_back(server.connect());
    for (;;) pause();
  });

  auto used = server.cpu_time();
  auto end = std::chrono::steady_clock::now() + kDuration;
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_TRUE(server.client().status());
    // A request with a descriptor is answered, whether there is room for the descriptor or not.
    auto mapped = server.client().map_memory(memory.fd(), kPageSize);
    int code = mapped ? 0 : mapped.error().error.code();
    ASSERT_TRUE(code == 0 || code == EMFILE) << code;
    if (mapped) {
      EXPECT_TRUE(server.client().unmap_memory(mapped->handle));
    }
    usleep(100'000);
  }
  used = server.cpu_time() - used;
  std::cout << "in " << kDuration.count() << " s it took " << used.count() << " ms\n";
  EXPECT_LT(used, kDuration / 10);

  // A new client is told that there is no room, or waits until there is.
  UniqueFd late = server.connect();
  pollfd entry{.fd = late.get(), .events = POLLIN, .revents = 0};
  if (poll(&entry, 1, 300) == 1) {
    EXPECT_EQ(code_of(receive_response(late.get())), EMFILE);
  }
  holder.kill_and_wait();
  server.empty_table();
  late.reset();
  EXPECT_EQ(server.footprint_after(before), before);
  EXPECT_TRUE(Client::connect(server.path())->status());
}

}  // namespace
}  // namespace vm_control
