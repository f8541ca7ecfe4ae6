// SPDX-License-Identifier: BSD-3-Clause
// A VM whose process has used up what the system grants it.
#include <sys/resource.h>

#include <csignal>

#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class Limits : public VmctlRunTest {
 protected:
  static pid_t pid_of(const std::string& vm) {
    return static_cast<pid_t>(json({"status", vm})[0]["pid"].number());
  }
  static PrintedValue state_of(const std::string& vm) { return json({"status", vm})[0]["state"]; }

  // Lowers a limit of a running VM.
  static void limit(const std::string& vm, __rlimit_resource resource, rlim_t value) {
    const rlimit low{.rlim_cur = value, .rlim_max = value};
    EXPECT_EQ(prlimit(pid_of(vm), resource, &low, nullptr), 0);
  }
};

TEST_F(Limits, AVmPausesAndStopsWhileTheQueueOfSignalsIsFull) {
  auto vm = run({"--serial", "none", "--cpus", "2"});
  limit("vm", RLIMIT_SIGPENDING, 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(vmctl({"pause", "vm"}).status, 0);
    EXPECT_EQ(state_of("vm"), "paused");
    ASSERT_EQ(vmctl({"resume", "vm"}).status, 0);
  }
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

}  // namespace
}  // namespace vm_control
