// SPDX-License-Identifier: BSD-3-Clause
#include "bench/vmm_process.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace vm_control::bench {
namespace {

using std::chrono::milliseconds;

Result<VmmProcess> start_fake_vmm(const std::string& how = "") {
  return VmmProcess::start({FAKE_VMM, how});
}

uint64_t memory_of_fake_vmm(const std::string& how) {
  auto vmm = start_fake_vmm(how);
  if (!vmm || !vmm->wait_for_guest()) return 0;
  auto memory = vmm->memory();
  return memory ? memory->resident : 0;
}

TEST(VmmProcess, CountsTheMemoryThatIsNotTheGuests) {
  constexpr uint64_t kRamSize = 32 << 20;
  uint64_t shown = memory_of_fake_vmm("");
  uint64_t hidden = memory_of_fake_vmm("hidden");
  ASSERT_GT(shown, 0U);
  EXPECT_GT(hidden, shown + kRamSize / 2);
}

TEST(VmmProcess, CountsTheTimeUntilTheGuestRuns) {
  auto vmm = start_fake_vmm("busy");
  ASSERT_TRUE(vmm);
  ASSERT_TRUE(vmm->wait_for_guest());
  EXPECT_GE(*vmm->cpu_time(), milliseconds(300));
}

TEST(VmmProcess, WaitsForItsOtherThreads) {
  auto vmm = start_fake_vmm("late");
  ASSERT_TRUE(vmm);
  ASSERT_TRUE(vmm->wait_for_guest());
  ASSERT_TRUE(vmm->wait_for_rest());
  EXPECT_GE(*vmm->cpu_time(), milliseconds(300));
}

TEST(VmmProcess, TellsThatItEndedWithoutAGuest) {
  auto vmm = VmmProcess::start({"true"});
  ASSERT_TRUE(vmm);
  EXPECT_EQ(vmm->wait_for_guest().error().code(), ECHILD);
}

TEST(VmmProcess, AProgramThatIsMissingRunsNoGuest) {
  auto vmm = VmmProcess::start({"/missing"});
  ASSERT_TRUE(vmm);
  EXPECT_EQ(vmm->wait_for_guest().error().code(), ECHILD);
}

TEST(VmmProcess, EndsWithItsOwnerWhileItsGuestWaits) {
  pid_t pid = 0;
  {
    auto vmm = start_fake_vmm();
    ASSERT_TRUE(vmm);
    ASSERT_TRUE(vmm->wait_for_guest());
    pid = vmm->pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace
}  // namespace vm_control::bench
