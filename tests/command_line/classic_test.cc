// SPDX-License-Identifier: BSD-3-Clause
// vmctl with crosvm's 2018 server, and with a server that does not answer at all.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "tests/command_line/test_classic_server.h"
#include "tests/command_line/test_vmctl.h"

namespace vm_control {
namespace {

class Classic : public VmctlTest {
 protected:
  Classic() { mkdir(path("vm_control").c_str(), 0700); }
};

TEST_F(Classic, MemoryIsRegisteredWithoutAHandle) {
  ClassicServer server(socket_of("old"));
  Process::Result registered = vmctl({"memory", "register", "old", "--memfd", "8K"});
  EXPECT_EQ(registered.status, 0) << registered.err;
  EXPECT_EQ(registered.out, "pfn 0x80000  guest address 0x80000000  slot 1  (8 KiB)\n");
  EXPECT_EQ(json({"memory", "register", "old", "--memfd", "8K"})[0],
            (Json{{"vm", "old"},
                  {"pfn", 0x80000},
                  {"guest_address", 0x8000'0000},
                  {"slot", 1},
                  {"size", 8192}}));
}

TEST_F(Classic, WhatNeedsNoMoreThanTheClassicProtocolWorks) {
  ClassicServer server(socket_of("old"));
  EXPECT_EQ(vmctl({"memory", "unregister", "old", "1"}).out, "slot 1 is free\n");
  EXPECT_TRUE(failed_with(vmctl({"memory", "unregister", "old", "2"}), 1, "ENOENT"));
  EXPECT_EQ(vmctl({"balloon", "old", "+4K"}).status, 0);
  EXPECT_TRUE(failed_with(vmctl({"gpu", "allocate", "old", "64x64", "R8"}), 1, "ENODEV"));
}

TEST_F(Classic, IsListedAsRunning) {
  ClassicServer server(socket_of("old"));
  std::string pid = std::to_string(getpid());
  EXPECT_EQ(vmctl({"list"}).out,
            "VM            STATE    RAM      UPTIME  PID      SOCKET\n"
            "old           running  -        -       " +
                pid + std::string(9 - pid.size(), ' ') + socket_of("old") + "\n");
  EXPECT_EQ(json({"list"})[0], (Json{{"vm", "old"},
                                     {"state", "running"},
                                     {"ram_bytes", {}},
                                     {"uptime_ns", {}},
                                     {"pid", getpid()},
                                     {"socket", socket_of("old")}}));
}

TEST_F(Classic, ExtendedSubcommandsSayWhatTheyNeed) {
  ClassicServer server(socket_of("old"));
  for (const auto& [arguments, command] : std::vector<std::pair<Arguments, std::string>>{
           {{"status", "old"}, "status"},
           {{"pause", "old"}, "pause"},
           {{"resume", "old"}, "resume"},
           {{"events", "old"}, "events"},
           {{"powerbutton", "old"}, "powerbutton"},
           {{"balloon", "old"}, "balloon VM"},
           {{"memory", "list", "old"}, "memory list"},
           {{"memory", "map", "old", "--memfd", "4K"}, "memory map"},
           {{"memory", "unmap", "old", "0x1"}, "memory unmap"},
           {{"memory", "dirty", "old", "0x1"}, "memory dirty"}}) {
    Arguments hasty{"--timeout", "0.5"};
    hasty.insert(hasty.end(), arguments.begin(), arguments.end());
    EXPECT_TRUE(failed_with(vmctl(hasty), 1,
                            "vmctl: old: 'vmctl " + command +
                                "' needs the extended protocol, and "
                                "this VM speaks only the classic one"));
  }
}

TEST_F(Classic, SilentVmsStallTheListForNoLongerThanTheTimeout) {
  ClassicServer server(socket_of("old"));
  auto silent = BoundSocket::bind(socket_of("silent"), SocketType::kSeqpacket);
  auto mute = BoundSocket::bind(socket_of("mute"), SocketType::kDatagram);
  ASSERT_TRUE(silent && mute);
  auto start = std::chrono::steady_clock::now();
  auto listed = json({"list", "--timeout", "2"});
  // With room for the process itself, where sanitizers slow it down.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(6000));
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0]["state"], "silent");
  EXPECT_EQ(listed[1]["state"], "running");
  EXPECT_EQ(listed[2]["state"], "silent");
}

}  // namespace
}  // namespace vm_control
