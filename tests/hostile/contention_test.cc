// SPDX-License-Identifier: BSD-3-Clause
// The kernel makes all principals share the map of the process's memory, its descriptors, the
// machine's addresses and processor time. Hostile clients use that, and others are served all the
// same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "tests/hostile/test_attacks.h"
#include "tests/hostile/test_honest_client.h"
#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMeasured(1500);

class Contention : public testing::Test {
 protected:
  void SetUp() override {
    start(8, [] {});
    loaded_ = measure_honest(server_, kMeasured);
    children_.clear();
  }

  // Starts processes that do the same again and again.
  void start(int count, const std::function<void()>& work) {
    for (int i = 0; i < count; ++i) children_.push_back(TestChild::at_low_priority(work));
  }
  void start_attack(const char* name, int count) {
    start(count, [&] { attack(name).run(server_.path()); });
    usleep(300'000);
  }

  // The most that a map or an unmap may take in 99 of 100 cases: `least`, or three times as long as
  // beside processes that do nothing but use the processors.
  Durations::Duration most(milliseconds least) const {
    Durations::Duration loaded =
        std::max(loaded_.map.percentile(0.99), loaded_.unmap.percentile(0.99));
    return std::max<Durations::Duration>(least * sanitizer_factor(), 3 * loaded);
  }

  // Measures the honest client during the attack.
  void expect_others_are_served(milliseconds least) {
    HonestTimes times = measure_honest(server_, kMeasured);
    EXPECT_GT(times.status.count(), 20u);
    EXPECT_LE(times.status.percentile(0.99), milliseconds(50) * sanitizer_factor());
    EXPECT_LE(times.map.percentile(0.99), most(least));
    EXPECT_LE(times.unmap.percentile(0.99), most(least));
    EXPECT_LE(times.ioevent.percentile(0.99), most(least));
  }

  ServerProcess server_;
  HonestTimes loaded_;
  std::vector<TestChild> children_;
};

TEST_F(Contention, HolesThatArePunchedIntoSharedMemoryKeepNobodyElseWaiting) {
  start_attack("punch holes", 16);
  expect_others_are_served(milliseconds(5));
}

TEST_F(Contention, FilesThatAreMappedThousandsOfTimesKeepNobodyElseWaiting) {
  start_attack("map one page often", 8);
  expect_others_are_served(milliseconds(20));
}

TEST_F(Contention, WatchesOnAClientsOwnEndSlowOnlyItsResponses) {
  start_attack("watch the own end", 2);
  expect_others_are_served(milliseconds(20));
}

TEST_F(Contention, BusyClientsLeaveOthersTheirShareOfTheProcessor) {
  start_attack("come and go", 12);
  expect_others_are_served(milliseconds(20));
}

TEST_F(Contention, DescriptorsThatAreNotTakenAreBounded) {
  Footprint before = server_.footprint();
  start_attack("leave descriptors", 4);
  expect_others_are_served(milliseconds(20));
  children_.clear();
  EXPECT_EQ(server_.footprint_after(before), before);
}

TEST_F(Contention, WhoeverTakesAllItCanLeavesSomethingForTheNext) {
  start_attack("take everything", 2);
  usleep(500'000);
  expect_others_are_served(milliseconds(20));
  SharedMemory some = *SharedMemory::create("honest", 16 << 20);
  EXPECT_TRUE(server_.client().map_memory(some.fd(), some.size()));
}

}  // namespace
}  // namespace vm_control
