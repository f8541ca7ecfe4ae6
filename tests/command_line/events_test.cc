// SPDX-License-Identifier: BSD-3-Clause
// vmctl events.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

using testing::MatchesRegex;

class Events : public VmctlRunTest {
 protected:
  void SetUp() override {
    VmctlRunTest::SetUp();
    if (!IsSkipped()) vm_ = run({"--name", "a", "--serial", "none"});
  }

  std::unique_ptr<Process> vm_;
};

TEST_F(Events, AreALineEachUntilTheVmExits) {
  auto events = start({"events", "a"});
  ASSERT_TRUE(events->writes("  a is running\n"));
  ASSERT_EQ(vmctl({"memory", "map", "a", "--memfd", "8K", "--detached"}).status, 0);
  ASSERT_TRUE(events->writes("region added"));
  ASSERT_EQ(vmctl({"memory", "unmap", "a", "0x20001"}).status, 0);
  ASSERT_EQ(vmctl({"pause", "a"}).status, 0);
  ASSERT_EQ(vmctl({"resume", "a"}).status, 0);
  ASSERT_EQ(vmctl({"stop", "a"}).status, 0);
  Process::Result result = events->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(
      result.out,
      MatchesRegex("[0-9: -]+  a is running\n"
                   "[0-9: -]+  a     1  region added     0x80000000  handle 0x20001  8 KiB  "
                   "slot 1  the VM\n"
                   "[0-9: -]+  a     2  region removed   0x80000000  handle 0x20001  8 KiB  "
                   "slot 1  the VM\n"
                   "[0-9: -]+  a     3  paused           uptime [0-9]+s\n"
                   "[0-9: -]+  a     4  resumed          uptime [0-9]+s\n"
                   "[0-9: -]+  a     5  exited           uptime [0-9]+s\n"));
}

TEST_F(Events, CanBeCountedAndAreObjectsForScripts) {
  auto events = start({"--json", "events", "a", "--count", "2"});
  ASSERT_TRUE(events->writes("\n"));
  ASSERT_EQ(vmctl({"memory", "map", "a", "--memfd", "8K", "--detached"}).status, 0);
  ASSERT_EQ(vmctl({"pause", "a"}).status, 0);
  Process::Result result = events->finish();
  EXPECT_EQ(result.status, 0);
  auto objects = parse_json_lines(result.out);
  ASSERT_EQ(objects.size(), 3u);
  objects[0].erase("time");
  EXPECT_EQ(objects[0],
            (Json{{"vm", "a"}, {"type", "state"}, {"sequence", 0}, {"state", "running"}}));
  EXPECT_EQ(objects[1]["type"], "region_added");
  EXPECT_EQ(objects[1]["sequence"], 1);
  EXPECT_EQ(objects[1]["handle"], "0x20001");
  EXPECT_EQ(objects[1]["size"], 8192);
  EXPECT_EQ(objects[1]["detached"], true);
  EXPECT_EQ(objects[2]["type"], "paused");
  EXPECT_EQ(objects[2]["state"], "paused");
}

TEST_F(Events, EndQuietlyWithASignal) {
  for (int number : {SIGINT, SIGTERM}) {
    auto events = start({"events", "a"});
    ASSERT_TRUE(events->writes("  a is running\n"));
    events->signal(number);
    Process::Result result = events->finish();
    EXPECT_EQ(result.status, 0) << number;
    EXPECT_THAT(result.out, MatchesRegex("[0-9: -]+  a is running\n"));
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(Events, OfAVmThatIsKilledEndWithStatus3) {
  auto events = start({"events", "a"});
  ASSERT_TRUE(events->writes("  a is running\n"));
  vm_->signal(SIGKILL);
  Process::Result result = events->finish();
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find("a: the connection to the VM is lost"), std::string::npos);
}

}  // namespace
}  // namespace vm_control
