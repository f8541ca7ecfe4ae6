// SPDX-License-Identifier: BSD-3-Clause
// vmctl list and vmctl status of all VMs.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/command_line/test_hostile_server.h"
#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class AllVms : public VmctlTest {
 protected:
  // The directory has to be there before the servers.
  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm a_{socket_of("a")};
};

TEST_F(AllVms, HaveTheirStatusShownIfNoneIsNamed) {
  ServedVm b(socket_of("b"));
  EXPECT_EQ(vmctl({"status"}).out, vmctl({"status", "a", "b"}).out);
  auto status = json({"status"});
  ASSERT_EQ(status.size(), 2u);
  EXPECT_EQ(status[0]["vm"], "a");
  EXPECT_EQ(status[0]["socket"], socket_of("a"));
  EXPECT_EQ(status[1]["vm"], "b");
}

TEST_F(AllVms, WithNamesThatCannotBeTypedAreNamedByPath) {
  ServedVm odd(socket_of("an odd name"));
  auto status = json({"status"});
  ASSERT_EQ(status.size(), 2u);
  EXPECT_EQ(status[1]["vm"], socket_of("an odd name"));
}

TEST_F(AllVms, ThatAreSilentAreListedWithTheirProcess) {
  HostileServer silent(socket_of("silent"), [](int, const RequestFrame&) {});
  auto listed = json({"--timeout", "0.5", "list"});
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[1]["state"], "silent");
  EXPECT_EQ(listed[1]["pid"], getpid());
  std::string out = vmctl({"--timeout", "0.5", "list"}).out;
  EXPECT_EQ(out.find("VM            STATE    RAM      UPTIME  PID      SOCKET\na  "), 0u) << out;
}

}  // namespace
}  // namespace vm_control
