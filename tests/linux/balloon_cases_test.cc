// SPDX-License-Identifier: BSD-3-Clause
// Tries with Linux what users report about the balloons of other VMMs: docs/guests.md tells of it.
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/linux/test_linux.h"

namespace vm_control {
namespace {

constexpr const char* kDriver = "/sys/bus/virtio/drivers/virtio_balloon";

// One boot serves all cases, because it takes longest.
class LinuxBalloonCases : public LinuxTest {
 protected:
  static Json status() { return json({"balloon", "linux"}).at(0); }
  static Process::Result change(const std::string& size) {
    return vmctl({"balloon", "linux", size, "--wait", "--force"});
  }

  // Whether the balloon becomes `state` soon.
  static testing::AssertionResult becomes(const std::string& state);
  static void expect_balloon(const std::string& state, uint64_t target_mib, uint64_t actual_mib);
  static void expect_refusal() {
    for (const char* size : {"+16M", "-16M", "=16M"}) {
      EXPECT_TRUE(failed_with(change(size), 1, "ENOTCONN")) << size;
    }
  }

  // The cases. Each leaves the guest with all of its memory.
  static void inflate_before_the_driver_is_ready();
  void inflate_beyond_ram();
  static void deflate_beyond_nothing();
  static void adjust_while_paused();
  void adjust_without_a_driver();
  void split_huge_pages();

  // Of the memory that the host keeps for the guest, the bytes in huge pages.
  uint64_t huge_page_bytes() const;
};

testing::AssertionResult LinuxBalloonCases::becomes(const std::string& state) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (status()["state"] == state) return testing::AssertionSuccess();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return testing::AssertionFailure() << "the balloon has not become " << state;
}

void LinuxBalloonCases::expect_balloon(const std::string& state, uint64_t target_mib,
                                       uint64_t actual_mib) {
  Json now = status();
  EXPECT_EQ(now["state"], state);
  EXPECT_EQ(now["target_bytes"], target_mib * kMiB);
  EXPECT_EQ(now["actual_bytes"], actual_mib * kMiB);
}

void LinuxBalloonCases::inflate_before_the_driver_is_ready() {
  SCOPED_TRACE("before the driver is ready");
  expect_balloon("not ready", 0, 0);
  expect_refusal();
  EXPECT_TRUE(failed_with(vmctl({"balloon", "linux", "+16M"}), 1, "no balloon driver"));
}

void LinuxBalloonCases::inflate_beyond_ram() {
  SCOPED_TRACE("a target larger than RAM");
  EXPECT_TRUE(failed_with(vmctl({"balloon", "linux", "=300M"}), 1, "would starve the guest"));
  expect_balloon("idle", 0, 0);

  // The target stops at the size of RAM, and the guest where it has nothing more to give.
  Process::Result stuck = change("=300M");
  EXPECT_EQ(stuck.status, 1);
  EXPECT_NE(stuck.err.find("the guest is stuck"), std::string::npos) << stuck.err;
  Json full = status();
  EXPECT_EQ(full["target_bytes"], 256 * kMiB);
  EXPECT_LT(full["actual_bytes"].number(), static_cast<int64_t>(256 * kMiB));
  EXPECT_GT(full["actual_bytes"].number(), static_cast<int64_t>(128 * kMiB));

  // The guest takes back what it needs to go on: nobody is killed.
  EXPECT_EQ(number("dd if=/dev/zero of=/tmp/more bs=1M count=16 2>/dev/null; wc -c </tmp/more"),
            16 * kMiB);
  EXPECT_EQ(number("dmesg | grep -c 'Out of memory'; rm /tmp/more"), 0u);

  EXPECT_EQ(change("=0").status, 0);
  expect_balloon("idle", 0, 0);
}

void LinuxBalloonCases::deflate_beyond_nothing() {
  SCOPED_TRACE("deflate more than inflated");
  EXPECT_EQ(change("=16M").status, 0);
  EXPECT_EQ(change("-1G").status, 0);
  expect_balloon("idle", 0, 0);
  EXPECT_EQ(change("-16M").status, 0);
  expect_balloon("idle", 0, 0);
  // The target has no debt.
  EXPECT_EQ(change("+16M").status, 0);
  expect_balloon("idle", 16, 16);
  EXPECT_EQ(change("=0").status, 0);
}

void LinuxBalloonCases::adjust_while_paused() {
  SCOPED_TRACE("adjust while paused");
  EXPECT_EQ(change("=16M").status, 0);
  EXPECT_EQ(vmctl({"pause", "linux"}).status, 0);
  EXPECT_EQ(vmctl({"balloon", "linux", "=32M", "--force"}).status, 0);
  EXPECT_TRUE(becomes("stuck"));
  expect_balloon("stuck", 32, 16);
  EXPECT_EQ(vmctl({"resume", "linux"}).status, 0);
  EXPECT_TRUE(becomes("idle"));
  expect_balloon("idle", 32, 32);
  EXPECT_EQ(change("=0").status, 0);
}

void LinuxBalloonCases::adjust_without_a_driver() {
  SCOPED_TRACE("adjust while the driver is unbound, and statistics after a reset");
  uint64_t total = number("awk '/MemTotal/ {print $2}' /proc/meminfo");
  EXPECT_EQ(change("=32M").status, 0);
  guest(std::string("echo virtio0 >") + kDriver + "/unbind");
  EXPECT_TRUE(becomes("not ready"));
  // The driver has taken its pages back, and the target waits for the next one.
  expect_balloon("not ready", 32, 0);
  EXPECT_EQ(number("awk '/MemTotal/ {print $2}' /proc/meminfo"), total);
  EXPECT_EQ(status()["free_bytes"], PrintedValue());
  expect_refusal();

  guest(std::string("echo virtio0 >") + kDriver + "/bind");
  EXPECT_TRUE(becomes("idle"));
  expect_balloon("idle", 32, 32);
  Json told = status();
  EXPECT_GT(told["free_bytes"].number(), static_cast<int64_t>(kMiB));
  EXPECT_LT(told["stats_age_ms"].number(), 60'000);
  EXPECT_EQ(change("=0").status, 0);
}

void LinuxBalloonCases::split_huge_pages() {
  SCOPED_TRACE("huge pages split by single pages");
  // Files of 64 KiB, and holes between them: a huge page has some of both.
  guest("cd /tmp; awk 'BEGIN{for(i=1000;i<2536;i++){printf\"%65536s\",\"\">i;close(i)}}'");
  guest("rm *[13579]");
  std::string content = guest("cat * | md5sum");
  uint64_t resident = resident_bytes(pid());
  uint64_t huge = huge_page_bytes();
  EXPECT_EQ(change("=32M").status, 0);
  // All goes back that the guest gives, and nothing else.
  EXPECT_LT(resident_bytes(pid()), resident - 28 * kMiB);
  EXPECT_EQ(guest("cat * | md5sum"), content);
  if (huge > 0) {
    EXPECT_LT(huge_page_bytes(), huge);
  }
  EXPECT_EQ(change("=0").status, 0);
  guest("rm *; cd");
}

uint64_t LinuxBalloonCases::huge_page_bytes() const {
  std::string rollup = read_file("/proc/" + std::to_string(pid()) + "/smaps_rollup");
  constexpr std::string_view kName = "AnonHugePages:";
  size_t found = rollup.find(kName);
  if (found == std::string::npos) return 0;
  return std::strtoull(rollup.c_str() + found + kName.size(), nullptr, 10) * 1024;
}

TEST_F(LinuxBalloonCases, ThatUsersReportOfOtherVmms) {
  ASSERT_TRUE(begin_boot({"--memory", "256M"}));
  inflate_before_the_driver_is_ready();
  ASSERT_TRUE(is_up());
  expect_balloon("idle", 0, 0);
  deflate_beyond_nothing();
  adjust_while_paused();
  adjust_without_a_driver();
  split_huge_pages();
  inflate_beyond_ram();
}

}  // namespace
}  // namespace vm_control
