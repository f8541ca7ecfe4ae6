// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hostile/test_honest_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

using Clock = std::chrono::steady_clock;

// Adds how long `call` takes to `durations`, and expects it to succeed.
template <class Call>
auto timed(Durations& durations, Call call) {
  auto start = Clock::now();
  auto result = call();
  durations.add(Clock::now() - start);
  EXPECT_TRUE(result);
  return result;
}

}  // namespace

Durations::Duration Durations::percentile(double share) const {
  if (all_.empty()) return Duration::max();
  std::vector<Duration> sorted = all_;
  std::ranges::sort(sorted);
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

HonestTimes measure_honest(ServerProcess& server, std::chrono::milliseconds time) {
  HonestTimes times;
  Client& client = server.client();
  SharedMemory memory = *SharedMemory::create("honest", kPageSize);
  EventFd event = *EventFd::create();
  auto end = Clock::now() + time;
  while (Clock::now() < end && !testing::Test::HasFailure()) {
    timed(times.status, [&] { return client.status(); });
    auto mapped = timed(times.map, [&] { return client.map_memory(memory.fd(), kPageSize); });
    if (mapped) timed(times.unmap, [&] { return client.unmap_memory(mapped->handle); });
    auto ioevent = timed(
        times.ioevent, [&] { return client.register_ioevent_anywhere(event.fd(), {.length = 4}); });
    bool is_undone = ioevent && client.unregister_event(ioevent->handle);
    EXPECT_TRUE(is_undone);
    auto connected = timed(times.connect, [&] { return Client::connect(server.other_path()); });
    usleep(1000);
  }
  return times;
}

int sanitizer_factor() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 10;
#else
  return 1;
#endif
}

}  // namespace vm_control
