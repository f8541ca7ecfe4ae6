// SPDX-License-Identifier: BSD-3-Clause
// A client can't make up handles that it was not given.
#include <gtest/gtest.h>

#include <random>

#include "tests/hostile/test_raw_client.h"
#include "tests/hostile/test_server_process.h"
#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/memory/guest_layout.h"

namespace vm_control {
namespace {

constexpr size_t kAttempts = 1'000'000;
constexpr size_t kPipelined = 32;

class ForgedHandle : public testing::Test {
 protected:
  ForgedHandle() {
    for (unsigned i = 0; i < 4; ++i) {
      regions_.push_back(map(server_.client()));
      events_.push_back(*server_.client().register_ioevent(
          event_.fd(), {.address = GuestLayout::kDoorbells.value() + 8 * i, .length = 4}));
      events_.push_back(*server_.client().register_irqfd(event_.fd(), 5));
    }
    // Handles that were valid once, for another session.
    auto own = *Client::adopt(server_.connect());
    for (unsigned i = 0; i < 4; ++i) {
      Handle region = map(own);
      Handle event = *own.register_irqfd(event_.fd(), 6);
      if (own.unmap_memory(region) && own.unregister_event(event)) {
        stale_.insert(stale_.end(), {region.value(), event.value()});
      }
    }
  }

  Handle map(Client& client) {
    return client.map_memory(memory_.fd(), kPageSize, {.flags = {.log_dirty = true}})->handle;
  }

  // Returns a handle that half of the time is near one that exists or did exist.
  uint64_t guess() {
    std::vector<uint64_t> known = stale_;
    for (Handle each : regions_) known.push_back(each.value());
    for (Handle each : events_) known.push_back(each.value());
    uint64_t near = known[random_() % known.size()];
    switch (random_() % 6) {
      case 0:
        return near;
      case 1:
        return near ^ uint64_t { 1 } << random_() % 64;
      case 2:
        return near + random_() % 33 - 16;
      case 3:  // a generation, a kind and an index as a server hands them out first
        return random_() % 64 << 17 | random_() % 2 << 16 | random_() % 16;
      default:
        return random_();
    }
  }

  Request attack() {
    Handle handle(guess());
    switch (random_() % 3) {
      case 0:
        return request::UnmapMemory{handle};
      case 1:
        return request::UnregisterEvent{handle};
      default:
        return request::ReadDirtyLog{handle};
    }
  }

  ServerProcess server_;
  SharedMemory memory_ = *SharedMemory::create("test", kPageSize);
  EventFd event_ = *EventFd::create();
  std::vector<Handle> regions_;
  std::vector<Handle> events_;
  std::vector<uint64_t> stale_;
  std::mt19937_64 random_{20260101};
};

TEST_F(ForgedHandle, NamesNothingOfAnotherSession) {
  Footprint before = server_.footprint();
  UniqueFd attacker = server_.connect();
  size_t sent = 0;
  for (size_t answered = 0; answered < kAttempts; ++answered) {
    while (sent < kAttempts && sent - answered < kPipelined &&
           send_request(attacker.get(), attack())) {
      ++sent;
    }
    ASSERT_EQ(code_of(receive_response(attacker.get())), ENOENT) << answered;
  }
  attacker.reset();
  EXPECT_EQ(server_.footprint_after(before), before);
  for (Handle each : regions_) {
    EXPECT_TRUE(server_.client().read_dirty_log(each));
    EXPECT_TRUE(server_.client().unmap_memory(each));
  }
  for (Handle each : events_) EXPECT_TRUE(server_.client().unregister_event(each));
}

}  // namespace
}  // namespace vm_control
