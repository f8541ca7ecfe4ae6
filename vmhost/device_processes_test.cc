// SPDX-License-Identifier: BSD-3-Clause
// Hostile devices: shell scripts that a server over a fake VM serves.
#include "vmhost/device_processes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include "vm_control/server/test_server.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/test_child.h"

namespace vm_control::vmhost {
namespace {

class DeviceProcessesTest : public testing::Test {
 protected:
  void run(const std::string& script, std::optional<uid_t> uid = {}) {
    const DeviceSpec spec{.name = "evil", .command = {"sh", "-c", script}, .uid = uid};
    auto devices = DeviceProcesses::start(
        std::span(&spec, 1), [this](std::string_view line) { server_.log.emplace_back(line); });
    ASSERT_TRUE(devices) << devices.error().message();
    devices_.emplace(std::move(*devices));
    ASSERT_TRUE(devices_->serve(*server_.server, server_.loop));
  }

  // Ends the devices as the VM does, and takes all that they have said.
  void end() {
    devices_.reset();
    server_.pump();
  }

  bool logs(const std::string& line) {
    return server_.pump_until([&] { return has_logged(line); });
  }
  bool has_logged(const std::string& line) const {
    return std::ranges::find(server_.log, line) != server_.log.end();
  }

  // The process that has written "pid PID"; 0 if none does.
  pid_t process_that_spoke() {
    const std::string start = "device evil: pid ";
    auto line = server_.log.end();
    bool spoke = server_.pump_until([&] {
      line = std::ranges::find_if(
          server_.log, [&start](const std::string& each) { return each.starts_with(start); });
      return line != server_.log.end();
    });
    return spoke ? std::stoi(line->substr(start.size())) : 0;
  }

  size_t lines() const { return server_.log.size(); }

  TestServer server_;
  std::optional<DeviceProcesses> devices_;
};

TEST_F(DeviceProcessesTest, WhatTheySayIsLoggedWithTheirName) {
  run("echo to output; echo to error >&2; printf 'no line break'");
  EXPECT_TRUE(logs("device evil ended: exited with status 0"));
  EXPECT_TRUE(has_logged("device evil: to output"));
  EXPECT_TRUE(has_logged("device evil: to error"));
  EXPECT_TRUE(has_logged("device evil: no line break"));
  EXPECT_EQ(server_.log.back(), "device evil ended: exited with status 0");
}

TEST_F(DeviceProcessesTest, ThatForgeLinesAreSeenThrough) {
  run("printf '\\r\\033[1A\\033[2Kvmctl: the VM has ended\\n'");
  EXPECT_TRUE(logs("device evil: \\x0d\\x1b[1A\\x1b[2Kvmctl: the VM has ended"));
}

TEST_F(DeviceProcessesTest, ThatFloodTheLogLoseTheirLinesAndSlowOnlyThemselves) {
  run("while :; do echo flood; done; exit");
  int turns = 0;
  auto begin = std::chrono::steady_clock::now();
  Timer every = server_.loop.timer([&] {
    ++turns;
    every.call_at(Timer::Clock::now() + std::chrono::milliseconds(10));
  });
  every.call_at(begin);
  EXPECT_FALSE(server_.pump_until([&] { return turns == 1000; })) << "for two seconds";
  EXPECT_GT(turns, 20);
  EXPECT_LT(lines(), 300u);
  EXPECT_TRUE(std::ranges::any_of(
      server_.log, [](const std::string& line) { return line.ends_with(" lines dropped"); }));
}

TEST_F(DeviceProcessesTest, ThatSayMuchAsTheyEndAreRead) {
  run("trap 'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo a line that fills the pipe; done; "
      "exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(logs("device evil: ready"));
  end();
  EXPECT_TRUE(has_logged("device evil ended: exited with status 3"));
}

TEST_F(DeviceProcessesTest, ThatLeaveTheirSessionEndWithTheVm) {
  run("(setsid sh -c 'trap \"\" TERM HUP; echo pid $$; exec sleep 1000' &) ; exec sleep 1000");
  pid_t orphan = process_that_spoke();
  ASSERT_GT(orphan, 0);
  EXPECT_EQ(kill(orphan, 0), 0);
  end();
  EXPECT_EQ(kill(orphan, 0), -1);
  EXPECT_EQ(errno, ESRCH) << "and it was reaped";
}

TEST_F(DeviceProcessesTest, ThatLeaveOrphansHaveThemReaped) {
  run("(setsid sh -c 'echo pid $$' &) ; exec sleep 1000");
  pid_t orphan = process_that_spoke();
  ASSERT_GT(orphan, 0);
  EXPECT_TRUE(server_.pump_until([&] { return kill(orphan, 0) < 0; }));
}

TEST_F(DeviceProcessesTest, OfAUserEndFromWithinTheSandbox) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  Ending ending = in_child([] {
    const DeviceSpec spec{
        .name = "evil",
        .command = {"sh", "-c", "(setsid sleep 1000 &) ; trap '' TERM; while :; do sleep 9; done"},
        .uid = 65534};
    std::string log;
    {
      auto devices = DeviceProcesses::start(
          std::span(&spec, 1), [&log](std::string_view line) { log += std::string(line) + "\n"; });
      IN_CHILD(devices);
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      IN_CHILD(restrict_process({.ends_other_users = true}));
      IN_CHILD(restrict_thread(ThreadRole::kControl));
    }
    IN_CHILD(log.ends_with("device evil ended: was killed by signal 9 (Killed)\n"));
    siginfo_t child{};
    IN_CHILD(waitid(P_ALL, 0, &child, WEXITED | WNOHANG) < 0 && errno == ECHILD);
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST_F(DeviceProcessesTest, OfAUserAreKnownAsThatUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  // The request to end the VM, a one and zeros.
  std::string request = "\\1";
  for (int i = 1; i < 32; ++i) request += "\\0";
  run("echo pid $$; printf '" + request + "' >&3; exec sleep 1000", 65534);
  const std::string pid = std::to_string(process_that_spoke());
  EXPECT_TRUE(
      logs("denied Exit to pid " + pid + " (uid 65534), which may do memory+events+observe"));
}

TEST_F(DeviceProcessesTest, OfAUserAreRefusedToWhoIsNotRoot) {
  Ending ending = in_child([] {
    IN_CHILD(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
    const DeviceSpec spec{.name = "evil", .command = {"sh", "-c", "exit"}, .uid = 1000};
    auto devices = DeviceProcesses::start(std::span(&spec, 1), [](std::string_view) {});
    IN_CHILD(!devices && devices.error().message() ==
                             "start the device evil as user 1000 (only root can): EPERM "
                             "(Operation not permitted)");
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

}  // namespace
}  // namespace vm_control::vmhost
