// SPDX-License-Identifier: BSD-3-Clause
// vmctl status, list, pause and resume, with running VMs.
#include <gmock/gmock.h>

#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Status : public VmctlRunTest {
 protected:
  static PrintedValue state_of(const std::string& vm) { return json({"status", vm})[0]["state"]; }
};

TEST_F(Status, IsATableOfTheVmsThatAnswer) {
  auto one = run({"--name", "one", "--serial", "none"});
  auto two = run({"--name", "two", "--serial", "none", "--cpus", "2"});
  Process::Result result = vmctl({"status", "one", "absent", "two"});
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("absent: no such VM"));
  EXPECT_THAT(result.out,
              MatchesRegex("VM   STATE    VCPUS  RAM    REGIONS  SESSIONS  UPTIME  PID\n"
                           "one  running  1      4 MiB  0        1         [0-9]+s +[0-9]+\n"
                           "two  running  2      4 MiB  0        1         [0-9]+s +[0-9]+\n"));
}

TEST_F(Status, IsAnObjectAVmForScripts) {
  auto vm = run({"--name", "a", "--serial", "none"});
  ASSERT_EQ(vmctl({"memory", "register", "a", "--memfd", "4K"}).status, 0);
  auto status = json({"status", "a"});
  ASSERT_EQ(status.size(), 1u);
  EXPECT_GT(status[0]["uptime_ns"].number(), 0);
  EXPECT_GT(status[0]["pid"].number(), 1);
  status[0].erase("uptime_ns");
  status[0].erase("pid");
  EXPECT_EQ(status[0], (Json{{"vm", "a"},
                             {"state", "running"},
                             {"vcpus", 1},
                             {"ram_bytes", 4 << 20},
                             {"regions", 1},
                             {"sessions", 1},
                             {"socket", socket_of("a")}}));
}

TEST_F(Status, TheListTellsStateMemoryAndAge) {
  auto vm = run({"--name", "a", "--serial", "none"});
  EXPECT_THAT(vmctl({"list"}).out, MatchesRegex("VM +STATE +RAM +UPTIME +PID +SOCKET\n"
                                                "a +running  4 MiB +[0-9]+s +[0-9]+ +" +
                                                socket_of("a") + "\n"));
  ASSERT_EQ(vmctl({"pause", "a"}).status, 0);
  auto listed = json({"list"});
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["state"], "paused");
  EXPECT_EQ(listed[0]["ram_bytes"], 4 << 20);
  EXPECT_GT(listed[0]["uptime_ns"].number(), 0);
  EXPECT_EQ(listed[0]["socket"], socket_of("a"));
}

TEST_F(Status, PauseAndResumeTakeSeveralVms) {
  auto one = run({"--name", "one", "--serial", "none"});
  auto two = run({"--name", "two", "--serial", "none"});
  Process::Result paused = vmctl({"pause", "one", "absent", "two"});
  EXPECT_EQ(paused.status, 3);
  EXPECT_EQ(paused.out, "one: paused\ntwo: paused\n");
  EXPECT_THAT(paused.err, HasSubstr("absent"));
  EXPECT_EQ(state_of("one"), "paused");
  EXPECT_EQ(state_of("two"), "paused");

  EXPECT_EQ(vmctl({"pause", "one"}).status, 0) << "it is paused already, as was asked";
  auto resumed = json({"resume", "one", "two"});
  ASSERT_EQ(resumed.size(), 2u);
  EXPECT_EQ(resumed[1], (Json{{"vm", "two"}, {"state", "running"}}));
  EXPECT_EQ(state_of("one"), "running");
  EXPECT_EQ(state_of("two"), "running");
}

TEST_F(Status, AGuestAnswersWhenItIsResumed) {
  auto vm = run({});
  ASSERT_TRUE(vm->writes("> "));
  ASSERT_EQ(vmctl({"pause", "vm"}).status, 0);
  vm->type("peek 0x90000000\n");
  EXPECT_EQ(vmctl({"resume", "vm"}).status, 0);
  EXPECT_TRUE(vm->writes("0x90000000: 0x00000000"));
}

}  // namespace
}  // namespace vm_control
