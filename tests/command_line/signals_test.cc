// SPDX-License-Identifier: BSD-3-Clause
// Commands that wait: which signals end them, and what they do not wait for.
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {
namespace {

class Signals : public VmctlTest {
 protected:
  // Starts a command that was told to ignore SIGHUP, as nohup does, and sends it one.
  std::unique_ptr<Process> start_with_hangup(const std::string& command, const char* begins_with) {
    auto process = start_shell("trap '' HUP; exec $vmctl " + command);
    EXPECT_TRUE(process->writes(begins_with));
    process->signal(SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return process;
  }

  ServedVm served_{path("vm")};
};

TEST_F(Signals, AreStillIgnoredByMemoryMapIfTheyWereAtItsStart) {
  auto map = start_with_hangup("memory map '" + path("vm") + "' --memfd 4K", "handle ");
  EXPECT_EQ(json({"memory", "list", path("vm")}).size(), 1u);
  map->signal(SIGTERM);
  EXPECT_EQ(map->finish().status, 0);
}

TEST_F(Signals, AreStillIgnoredByEventsIfTheyWereAtItsStart) {
  auto events = start_with_hangup("events '" + path("vm") + "'", "running\n");
  ASSERT_EQ(vmctl({"memory", "map", path("vm"), "--memfd", "4K", "--detached"}).status, 0);
  EXPECT_TRUE(events->writes("region added"));
  events->signal(SIGTERM);
  EXPECT_EQ(events->finish().status, 0);
}

TEST_F(Signals, EndEventsWhoseReaderTakesNothing) {
  UniqueFd pipe = make_full_fifo(path("fifo"));
  auto events = start_shell("exec $vmctl events '" + path("vm") + "' >'" + path("fifo") + "'");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  events->signal(SIGTERM);
  Process::Result result = events->finish();
  EXPECT_TRUE(result.status == 0 || result.status == 128 + SIGTERM) << result.status;
}

TEST_F(Signals, AreNotNeededToEndACommandThatIsGivenAFifo) {
  std::string fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const char* command : {"map", "register"}) {
    EXPECT_TRUE(failed_with(vmctl({"memory", command, path("vm"), fifo}), 2, "no regular file"))
        << command;
  }
  EXPECT_TRUE(
      failed_with(vmctl({"memory", "map", path("vm"), fifo, "--read-only"}), 2, "no regular file"));
}

}  // namespace
}  // namespace vm_control
