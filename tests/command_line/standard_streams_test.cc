// SPDX-License-Identifier: BSD-3-Clause
// vmctl with standard streams that are closed.
#include <sys/stat.h>

#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class StandardStreams : public VmctlTest {
 protected:
  // Runs vmctl with the redirections of a shell.
  static Process::Result vmctl_with(const std::string& redirections, const Arguments& arguments) {
    std::string command = "exec $vmctl " + redirections;
    for (const std::string& each : arguments) command += " '" + each + "'";
    auto process = start_shell(command);
    process->close_input();
    return process->finish();
  }

  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm vm_{socket_of("vm")};
};

TEST_F(StandardStreams, ThatAreClosedAreNotTheFilesOfACommand) {
  const std::string content(4096, 'x');
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    write_file(path("file"), content);
    EXPECT_EQ(vmctl_with(closed, {"memory", "register", "vm", path("file")}).status, 0) << closed;
    EXPECT_NE(vmctl_with(closed, {"memory", "register", "vm", path("missing")}).status, 0);
    EXPECT_EQ(read_file(path("file")), content) << closed;
  }
}

TEST_F(StandardStreams, ThatAreClosedKeepNoCommandFromItsWork) {
  for (const std::string closed : {"<&-", "2>&-", "<&- 2>&-"}) {
    Process::Result shown = vmctl_with(closed, {"--json", "balloon", "vm"});
    EXPECT_EQ(shown.status, 0) << closed;
    EXPECT_EQ(parse_json_lines(shown.out).size(), 1u) << closed;
    EXPECT_NE(vmctl_with(closed, {"list", "extra"}).status, 0);
  }
}

}  // namespace
}  // namespace vm_control
