// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/log_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace vm_control {
namespace {

using std::chrono::milliseconds;

TEST(LogQueue, NeverWaitsForItsSinkAndTellsWhatItDroppedLater) {
  std::mutex reader;  // held while nobody reads
  std::vector<std::string> printed;
  auto queue = *LogQueue::create([&](std::string_view line) {
    std::lock_guard lock(reader);
    printed.emplace_back(line);
  });
  constexpr size_t kMany = 10'000;
  std::thread thread;
  {
    std::lock_guard lock(reader);
    thread = std::thread([&] { queue->loop().run(); });
    for (size_t i = 0; i < kMany; ++i) queue->write("line");
    EXPECT_FALSE(queue->flush(milliseconds(20)));
    queue->write_important("end");
  }
  EXPECT_TRUE(queue->flush(milliseconds(10'000)));
  queue->loop().stop();
  thread.join();
  EXPECT_EQ(printed.back(), "end");
  auto lines = static_cast<size_t>(std::count(printed.begin(), printed.end(), "line"));
  EXPECT_LT(lines, kMany);
  // The thread may have begun after the first were lost; then it tells of the others later.
  uint64_t told = 0;
  for (const std::string& each : printed) {
    if (each.ends_with(" lines were lost: the log was too slow")) told += std::stoull(each);
  }
  EXPECT_EQ(told, kMany - lines);
}

}  // namespace
}  // namespace vm_control
