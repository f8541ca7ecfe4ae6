// SPDX-License-Identifier: BSD-3-Clause
// vmctl events of servers that a test plays.
#include <sys/stat.h>

#include <csignal>

#include "tests/command_line/test_served_vm.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class EventList : public VmctlTest {
 protected:
  static void add_region(const std::string& vm) {
    EXPECT_EQ(vmctl({"memory", "register", vm, "--memfd", "4K"}).status, 0);
  }

  // The directory has to be there before the servers.
  bool directory_is_there_ = mkdir(path("vm_control").c_str(), 0700) == 0;
  ServedVm a_{socket_of("a")};
  ServedVm b_{socket_of("b")};
};

TEST_F(EventList, OfSeveralVmsNamesThemAndEndsWithTheCountOfAll) {
  auto events = start({"--json", "events", "a", "absent", "b", "--count", "2"});
  ASSERT_TRUE(events->writes("\"vm\":\"b\""));
  add_region("b");
  ASSERT_TRUE(events->writes("region_added"));
  add_region("a");
  Process::Result result = events->finish();
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find("absent: no such VM"), std::string::npos) << result.err;
  auto objects = parse_json_lines(result.out);
  ASSERT_EQ(objects.size(), 4u);
  std::vector<PrintedValue> vms;
  for (Json& each : objects) vms.push_back(each["vm"]);
  EXPECT_EQ(vms, (std::vector<PrintedValue>{"a", "b", "b", "a"}));
}

TEST_F(EventList, GoesOnWhenOneOfTheVmsEnds) {
  auto events = start({"events", "a", "b"});
  ASSERT_TRUE(events->writes("  b is running\n"));
  a_.end();
  ASSERT_TRUE(events->writes_error("a: the connection to the VM is lost"));
  add_region("b");
  ASSERT_TRUE(events->writes("  b     1  region added     0x"));
  events->signal(SIGTERM);
  EXPECT_EQ(events->finish().status, 3);
}

TEST_F(EventList, TellsWhereRegionsAreAndWere) {
  add_region("a");
  int64_t address = json({"memory", "list", "a"})[0]["guest_address"].number();
  auto events = start({"--json", "events", "a", "--count", "2"});
  ASSERT_TRUE(events->writes("running"));
  add_region("a");
  ASSERT_TRUE(events->writes("region_added"));
  ASSERT_EQ(vmctl({"memory", "unregister", "a", "1"}).status, 0);
  auto objects = parse_json_lines(events->finish().out);
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_EQ(objects[1]["type"], "region_added");
  EXPECT_EQ(objects[1]["guest_address"], address + 4096);
  EXPECT_EQ(objects[2]["type"], "region_removed");
  EXPECT_EQ(objects[2]["guest_address"], address);
}

TEST_F(EventList, EndsWhenItsReaderGoes) {
  auto events = start({"events", "a"});
  ASSERT_TRUE(events->writes("  a is running\n"));
  events->close_output();
  Process::Result result = events->finish();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "vmctl: cannot write to standard output: EPIPE (Broken pipe)\n");
}

}  // namespace
}  // namespace vm_control
