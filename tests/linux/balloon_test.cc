// SPDX-License-Identifier: BSD-3-Clause
// The balloon moves real memory: what the guest gives up, the host has again.
#include <chrono>
#include <thread>
#include <utility>

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

// One boot for all, as booting takes most of the time.
class LinuxBalloon : public LinuxTest {
 protected:
  void expect_the_guests_numbers();
  void expect_free_pages_to_go_back();
  void expect_memory_to_come_and_go();

 private:
  // Asks the guest's own list of its memory for the line `name`, in bytes.
  uint64_t told(const std::string& name) {
    return number("awk '/" + name + ":/ {print $2 * 1024}' /proc/meminfo");
  }
  // Waits until not more than `most` is resident.
  testing::AssertionResult resident_falls_to(uint64_t most);
};

// Whether a value is what it should be, within 5 % of `whole`.
testing::AssertionResult is_near(uint64_t value, uint64_t expected, uint64_t whole) {
  uint64_t off = value > expected ? value - expected : expected - value;
  if (off <= whole / 20) return testing::AssertionSuccess();
  return testing::AssertionFailure() << (value >> 20) << " MiB, not " << (expected >> 20);
}

testing::AssertionResult LinuxBalloon::resident_falls_to(uint64_t most) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (resident_bytes(pid()) > most) {
    if (std::chrono::steady_clock::now() > deadline) {
      return testing::AssertionFailure()
             << resident_bytes(pid()) / kMiB << " MiB are resident, not " << most / kMiB;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return testing::AssertionSuccess();
}

void LinuxBalloon::expect_the_guests_numbers() {
  Json status = json({"balloon", "linux"}).at(0);
  for (auto [member, name] : {std::pair{"total_bytes", "MemTotal"},
                              {"free_bytes", "MemFree"},
                              {"available_bytes", "MemAvailable"}}) {
    uint64_t expected = told(name);
    EXPECT_TRUE(is_near(static_cast<uint64_t>(status[member].number()), expected, expected))
        << name;
  }
}

// The guest reports whole blocks of 2 MiB, seconds later.
void LinuxBalloon::expect_free_pages_to_go_back() {
  guest("dd if=/dev/zero of=/tmp/file bs=1M count=100 2>/dev/null");
  uint64_t used = resident_bytes(pid());
  guest("rm /tmp/file");
  EXPECT_TRUE(resident_falls_to(used - 80 * kMiB));
}

void LinuxBalloon::expect_memory_to_come_and_go() {
  guest(kUseAndFree);
  uint64_t before = resident_bytes(pid());
  EXPECT_EQ(vmctl({"balloon", "linux", "+64M", "--wait", "--force"}).status, 0);
  EXPECT_TRUE(is_near(resident_bytes(pid()), before - 64 * kMiB, before));
  Json status = json({"balloon", "linux"}).at(0);
  EXPECT_EQ(status["state"], "idle");
  EXPECT_EQ(status["target_bytes"].number(), static_cast<int64_t>(64 * kMiB));
  EXPECT_EQ(status["actual_bytes"].number(), static_cast<int64_t>(64 * kMiB));

  EXPECT_EQ(vmctl({"balloon", "linux", "-64M", "--wait"}).status, 0);
  // More than came back, as the guest may use first what the host had kept.
  guest("dd if=/dev/zero of=/tmp/back bs=1M count=90 2>/dev/null");
  EXPECT_TRUE(is_near(resident_bytes(pid()), before, before));
}

TEST_F(LinuxBalloon, MovesRealMemory) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  expect_the_guests_numbers();
  expect_free_pages_to_go_back();
  expect_memory_to_come_and_go();
}

}  // namespace
}  // namespace vm_control
