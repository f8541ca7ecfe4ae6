// SPDX-License-Identifier: BSD-3-Clause
// The balloon moves real memory: what the guest gives up, the host has again.
#include <chrono>
#include <thread>

#include "tests/linux/test_linux.h"

namespace vm_control {
namespace {

// Leaves half of the guest's memory free that has been used: the host keeps it until the balloon
// takes it. It is in pieces of 64 KiB, because the guest reports free blocks of 2 MiB by itself.
constexpr const char* kUseAndFree =
    "mount -o remount,size=100% /tmp; cd /tmp; "
    "awk '/MemAvailable/ {n = int(($2 - 12288) / 64)}"
    " END {for (i = 1; i <= n; ++i) {f = \"f.\" i; printf \"%65536s\", \"\" >f; close(f)}}'"
    " /proc/meminfo; rm -f f.*[13579]; cd /root";

class LinuxBalloon : public LinuxTest {
 protected:
  // Whether the resident memory becomes `expected`, within 5 % of `size`.
  testing::AssertionResult resident_becomes(uint64_t expected, uint64_t size) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    uint64_t resident = 0;
    do {
      resident = resident_bytes(pid());
      uint64_t off = resident > expected ? resident - expected : expected - resident;
      if (off <= size / 20) return testing::AssertionSuccess();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    } while (std::chrono::steady_clock::now() < deadline);
    return testing::AssertionFailure()
           << resident / kMiB << " MiB are resident, not " << expected / kMiB;
  }
};

TEST_F(LinuxBalloon, GivesMemoryToTheHostAndTakesItBack) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  guest(kUseAndFree);
  uint64_t before = resident_bytes(pid());
  EXPECT_EQ(vmctl({"balloon", "linux", "+64M", "--wait", "--force"}).status, 0);
  EXPECT_TRUE(resident_becomes(before - 64 * kMiB, before));
  Json status = json({"balloon", "linux"}).at(0);
  EXPECT_EQ(status["state"], "idle");
  EXPECT_EQ(status["target_bytes"].number(), static_cast<int64_t>(64 * kMiB));
  EXPECT_EQ(status["actual_bytes"].number(), static_cast<int64_t>(64 * kMiB));

  EXPECT_EQ(vmctl({"balloon", "linux", "-64M", "--wait"}).status, 0);
  guest("dd if=/dev/zero of=/tmp/back bs=1M count=64 2>/dev/null");
  EXPECT_TRUE(resident_becomes(before, before));
}

TEST_F(LinuxBalloon, TellsWhatTheGuestSays) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  auto told = [&](const char* name) {
    return number(std::string("awk '/") + name + "/ {print $2 * 1024}' /proc/meminfo");
  };
  Json status = json({"balloon", "linux"}).at(0);
  auto near = [](int64_t value, uint64_t expected) {
    int64_t off = value - static_cast<int64_t>(expected);
    return std::abs(off) <= static_cast<int64_t>(expected / 20);
  };
  EXPECT_TRUE(near(status["total_bytes"].number(), told("MemTotal")));
  EXPECT_TRUE(near(status["free_bytes"].number(), told("MemFree")));
  EXPECT_TRUE(near(status["available_bytes"].number(), told("MemAvailable")));
}

TEST_F(LinuxBalloon, FreePagesGoBackByThemselves) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  guest("dd if=/dev/zero of=/tmp/file bs=1M count=100 2>/dev/null");
  uint64_t used = resident_bytes(pid());
  guest("rm /tmp/file");
  // The guest reports whole blocks of 2 MiB, seconds later.
  auto fallen = [&] { return resident_bytes(pid()) < used - 80 * kMiB; };
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!fallen() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(fallen()) << resident_bytes(pid()) / kMiB << " of " << used / kMiB
                        << " MiB are resident";
}

}  // namespace
}  // namespace vm_control
