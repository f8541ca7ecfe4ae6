// SPDX-License-Identifier: BSD-3-Clause
// A stock kernel boots, uses what the machine has, and ends it in each way that a guest can.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/linux/test_linux.h"

namespace vm_control {
namespace {

using Boot = LinuxTest;

// Whether all threads of a process have seccomp filters.
bool is_sandboxed(pid_t pid) {
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    if (read_file(task.path() / "status").find("Seccomp:\t2") == std::string::npos) return false;
  }
  return true;
}

TEST_F(Boot, ReadsSharedMemoryAndObeysThePowerButton) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  EXPECT_NE(guest("cat /proc/cmdline").find("console=ttyS0 panic=-1 quiet vm_control.answer=42"),
            std::string::npos);
  EXPECT_GE(number("awk '/MemTotal/ {print $2}' /proc/meminfo"), 200u << 10);
  EXPECT_EQ(guest("cat /sys/devices/system/clocksource/clocksource0/current_clocksource"),
            "kvm-clock\n");
  EXPECT_TRUE(is_sandboxed(pid()));

  std::string file = path("shared");
  write_file(file, "ping" + std::string(4092, '\0'));
  auto registered = json({"memory", "register", "linux", file}).at(0);
  std::string address = std::to_string(registered["guest_address"].number());
  EXPECT_EQ(number("devmem " + address + " 32"), 0x676e6970u);
  guest("devmem $((" + address + " + 4)) 32 0x676e6f70");
  EXPECT_EQ(read_file(file).substr(0, 8), "pingpong");
  EXPECT_TRUE(is_sandboxed(pid()));

  EXPECT_EQ(vmctl({"powerbutton", "linux"}).status, 0);
  Process::Result result = vm_->finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("the guest powered off"), std::string::npos) << result.err;
}

TEST_F(Boot, UsesTwoCpusAndReboots) {
  ASSERT_TRUE(boot({"--memory", "256M", "--cpus", "2"}));
  EXPECT_EQ(number("grep -c ^processor /proc/cpuinfo"), 2u);
  // Both work: each has timer interrupts of its own.
  EXPECT_GE(number("awk '/LOC/ {print ($2 > 0) + ($3 > 0)}' /proc/interrupts"), 2u);
  vm_->type("reboot -f\n");
  Process::Result result = vm_->finish();
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_NE(result.err.find("the guest reset the machine"), std::string::npos) << result.err;
}

TEST_F(Boot, HasRamAboveTheHoleAndTellsOfAPanic) {
  ASSERT_TRUE(boot({"--memory", "5G"}));
  constexpr uint64_t kGibibyte = 1 << 20;  // in KiB
  uint64_t total = number("awk '/MemTotal/ {print $2}' /proc/meminfo");
  EXPECT_GT(total, 4 * kGibibyte + kGibibyte / 2);
  EXPECT_NE(guest("cat /proc/iomem").find("100000000-17fffffff : System RAM"), std::string::npos);
  EXPECT_LT(resident_bytes(pid()), 600 * kMiB) << "memory that the guest has not touched";
  vm_->type("echo c >/proc/sysrq-trigger\n");
  Process::Result result = vm_->finish();
  EXPECT_EQ(result.status, 6) << result.err;
  EXPECT_NE(result.err.find("kernel panicked"), std::string::npos) << result.err;
}

TEST_F(Boot, LeavesNothingBehindWhenKilled) {
  ASSERT_TRUE(boot({"--memory", "256M"}));
  pid_t killed = pid();
  vm_->signal(SIGKILL);
  EXPECT_EQ(vm_->finish().status, 128 + SIGKILL);
  EXPECT_FALSE(exists("/proc/" + std::to_string(killed)));
  // The name is free.
  auto next = start({"run", "--name", "linux", "--memory", "4M"});
  ASSERT_TRUE(next->writes("> "));
  next->type("halt\n");
  EXPECT_EQ(next->finish().status, 0);
}

TEST_F(Boot, RefusesWhatIsNoKernel) {
  write_file(path("text"), std::string(100'000, 'x'));
  Process::Result result = vmctl({"run", "--kernel", path("text")});
  EXPECT_TRUE(failed_with(result, 2, "neither")) << result.err;
  EXPECT_FALSE(exists(socket_of("vm")));
}

}  // namespace
}  // namespace vm_control
