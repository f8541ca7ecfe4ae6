// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory: which memory is mapped, its owner, and how long it stays.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Memory : public VmctlRunTest {
 protected:
  void SetUp() override {
    VmctlRunTest::SetUp();
    if (IsSkipped()) return;
    vm_ = run({"--name", "a", "--socket", path("datagrams") + ",type=datagram"});
    ASSERT_TRUE(vm_->writes("> "));
  }

  // Runs `memory map --detached`, which ends at once.
  static Process::Result map_detached(Arguments options) {
    options.insert(options.begin(), {"memory", "map", "a", "--detached"});
    return vmctl(options);
  }

  static std::string list() { return vmctl({"memory", "list", "a"}).out; }

  std::unique_ptr<Process> vm_;
};

TEST_F(Memory, IsMappedForAsLongAsTheCommandRuns) {
  EXPECT_EQ(list(), "no regions ('vmctl memory map' adds one)\n");
  auto map = start({"memory", "map", "a", "--memfd", "8K"});
  ASSERT_TRUE(map->writes("handle 0x20001  guest address 0x80000000  slot 1  (8 KiB)\n"));
  ASSERT_TRUE(map->writes_error("mapped until this command ends (Ctrl-C)"));
  EXPECT_THAT(list(), MatchesRegex("ADDRESS     SIZE   HANDLE   SLOT  OWNER +FLAGS\n"
                                   "0x80000000  8 KiB  0x20001  1     pid [0-9]+ .uid " +
                                   std::to_string(getuid()) + ".  -\n"));
  map->signal(SIGTERM);
  EXPECT_EQ(map->finish().status, 0);
  EXPECT_EQ(list(), "no regions ('vmctl memory map' adds one)\n");
}

TEST_F(Memory, OfACommandThatIsKilledGoesToo) {
  auto map = start({"memory", "map", "a", "--memfd", "8K"});
  ASSERT_TRUE(map->writes("handle"));
  map->signal(SIGKILL);
  map->finish();
  EXPECT_EQ(json({"memory", "list", "a"}).size(), 0u);
}

TEST_F(Memory, AMappingEndsWithTheVm) {
  auto map = start({"memory", "map", "a", "--memfd", "8K"});
  ASSERT_TRUE(map->writes("handle"));
  ASSERT_EQ(vmctl({"stop", "a"}).status, 0);
  Process::Result result = map->finish();
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("a: the VM closed the connection, and the mapping with it"));
}

TEST_F(Memory, DetachedStaysUntilItIsUnmapped) {
  write_file(path("file"), std::string(4 * 4096, 'x'));
  Process::Result mapped = map_detached(
      {path("file"), "--offset", "4K", "--size", "8K", "--at", "0xb0000000", "--read-only"});
  EXPECT_EQ(mapped.status, 0) << mapped.err;
  EXPECT_EQ(mapped.out, "handle 0x20001  guest address 0xb0000000  slot 1  (8 KiB)\n");
  vm_->type("peek 0xb0001ffc\n");
  EXPECT_TRUE(vm_->writes("0xb0001ffc: 0x78787878"));
  EXPECT_EQ(list(),
            "ADDRESS     SIZE   HANDLE   SLOT  OWNER   FLAGS\n"
            "0xb0000000  8 KiB  0x20001  1     the VM  read-only\n");
  EXPECT_EQ(vmctl({"memory", "unmap", "a", "0x20001"}).out, "0x20001 is unmapped\n");
  EXPECT_TRUE(
      failed_with(vmctl({"memory", "unmap", "a", "0x20001"}), 1, "no such region of yours"));
}

TEST_F(Memory, TheRestOfAFileIsMappedUnlessToldOtherwise) {
  write_file(path("file"), std::string(4 * 4096, 'x'));
  EXPECT_THAT(map_detached({path("file"), "--offset", "0x1000"}).out, HasSubstr("(12 KiB)"));
  EXPECT_TRUE(failed_with(map_detached({path("file"), "--offset", "16K"}), 2, "past the end"));
  EXPECT_TRUE(failed_with(map_detached({path("file"), "--size", "20K"}), 2, "past the end"));
  EXPECT_TRUE(failed_with(map_detached({path("file"), "--offset", "1"}), 2, "4096"));
  EXPECT_TRUE(failed_with(map_detached({path("file"), "--at", "1"}), 2, "4096"));
  EXPECT_TRUE(failed_with(map_detached({"--memfd", "4K", "--size", "4K"}), 2, "--memfd"));
}

TEST_F(Memory, IsNotMappedWhereItCanNotBe) {
  ASSERT_EQ(map_detached({"--memfd", "4K"}).status, 0);
  EXPECT_TRUE(failed_with(map_detached({"--memfd", "4K", "--at", "0x80000000"}), 1,
                          "a: the VM refused: EEXIST (File exists): something is there already"));
  EXPECT_TRUE(
      failed_with(map_detached({"--memfd", "4K", "--at", "0x1000"}), 1, "outside of the window"));
}

TEST_F(Memory, AtADatagramSocketThereIsNoSessionToTieItTo) {
  EXPECT_TRUE(
      failed_with(vmctl({"memory", "map", path("datagrams"), "--memfd", "4K"}), 2, "--detached"));
  EXPECT_EQ(vmctl({"memory", "map", path("datagrams"), "--memfd", "4K", "--detached"}).status, 0);
  EXPECT_EQ(json({"memory", "list", path("datagrams")}).size(), 1u);
}

TEST_F(Memory, RegisteredIsTheVms) {
  EXPECT_EQ(vmctl({"memory", "register", "a", "--memfd", "8K"}).out,
            "pfn 0x80000  guest address 0x80000000  slot 1  handle 0x20001  (8 KiB)\n");
  EXPECT_EQ(json({"memory", "register", "a", "--memfd", "4K"})[0]["handle"], "0x40002");
  EXPECT_EQ(vmctl({"gpu", "allocate", "a", "64x64", "R8"}).status, 0);
  auto regions = json({"memory", "list", "a"});
  ASSERT_EQ(regions.size(), 3u);
  for (const Json& each : regions) EXPECT_EQ(each.at("detached"), true);
  EXPECT_EQ(vmctl({"memory", "unregister", "a", "1"}).out, "slot 1 is free\n");
  EXPECT_EQ(json({"memory", "list", "a"}).size(), 2u);
}

TEST_F(Memory, DirtyPagesAreThoseThatTheGuestWrote) {
  ASSERT_EQ(map_detached({"--memfd", "32K", "--log-dirty"}).status, 0);
  vm_->type("fill 0xb0001000 0x2000 1\n");
  ASSERT_TRUE(vm_->writes("ok\r\n"));
  vm_->type("poke 0xb0007ffc 1\n");
  ASSERT_TRUE(vm_->writes("poke 0xb0007ffc 1\r\nok\r\n"));
  EXPECT_EQ(vmctl({"memory", "dirty", "a", "0x20001"}).out,
            "0xb0001000 to 0xb0002fff  (2 pages)\n"
            "0xb0007000 to 0xb0007fff  (1 page)\n");
  EXPECT_EQ(vmctl({"memory", "dirty", "a", "0x20001"}).out,
            "no page was written since the last time\n");
  vm_->type("poke 0xb0000000 1\n");
  ASSERT_TRUE(vm_->writes("poke 0xb0000000 1\r\nok\r\n"));
  EXPECT_EQ(json({"memory", "dirty", "a", "0x20001"})[0],
            parse_json_lines(R"({"vm": "a", "handle": "0x20001", )"
                             R"("written": [{"guest_address": 2952790016, "size": 4096}]})")[0]);
  ASSERT_EQ(map_detached({"--memfd", "4K"}).status, 0);
  EXPECT_TRUE(failed_with(vmctl({"memory", "dirty", "a", "0x40002"}), 1, "without --log-dirty"));
  EXPECT_TRUE(failed_with(vmctl({"memory", "dirty", "a", "0x1"}), 1, "no such region"));
}

TEST_F(Memory, TheMapShowsLayoutAndRegions) {
  ASSERT_EQ(map_detached({"--memfd", "4K"}).status, 0);
  std::string map = vmctl({"memory", "list", "a", "--map"}).out;
  EXPECT_THAT(map, HasSubstr("0x0 +-----"));
  EXPECT_THAT(map, HasSubstr("| RAM                         |  4 MiB\n"));
  EXPECT_THAT(map, HasSubstr("0x80000000 +=============================+  window of 768 MiB"));
  EXPECT_THAT(map, HasSubstr("| the VM                      |  4 KiB  0x20001\n"));
  EXPECT_THAT(map, HasSubstr("| 32-bit hole "));
  std::vector<PrintedValue> kinds;
  for (const Json& each : json({"memory", "list", "a", "--map"})) kinds.push_back(each.at("kind"));
  EXPECT_EQ(kinds, (std::vector<PrintedValue>{"ram", "interrupts", "doorbell_ports", "window",
                                              "memslots", "hole", "doorbells", "region"}));
}

TEST_F(Memory, RegionsAreObjectsForScripts) {
  ASSERT_EQ(map_detached({"--memfd", "4K", "--log-dirty"}).status, 0);
  auto regions = json({"memory", "list", "a"});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_GT(regions[0]["owner_pid"].number(), 1);
  regions[0].erase("owner_pid");
  EXPECT_EQ(regions[0], (Json{{"vm", "a"},
                              {"kind", "region"},
                              {"guest_address", 0xb000'0000},
                              {"size", 4096},
                              {"handle", "0x20001"},
                              {"slot", 1},
                              {"owner_uid", getuid()},
                              {"read_only", false},
                              {"detached", true},
                              {"log_dirty", true},
                              {"quarantined", false}}));
}

}  // namespace
}  // namespace vm_control
