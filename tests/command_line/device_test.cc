// SPDX-License-Identifier: BSD-3-Clause
// vmctl run --device, with the device of examples/shared_memory_device.cc and with shell scripts.
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

#include "tests/command_line/test_vmctl.h"
#include "tests/integration/test_monitor.h"
#include "vm_control/base/test_process_state.h"
#include "vm_control/client/client.h"
#include "vm_control/transport/socket.h"

namespace vm_control {
namespace {

constexpr std::chrono::seconds kPatience(30);

// The addresses of the device's page in the guest.
constexpr uint64_t kAsked = 0x8000'0000;
constexpr uint64_t kAnswered = kAsked + 4;
constexpr uint64_t kNumbers = kAsked + 16;
constexpr uint16_t kPort = 0x2000;
constexpr uint32_t kGsi = 16;

class Device : public VmctlRunTest {
 protected:
  std::unique_ptr<Process> run_with(const std::string& device, Arguments more = {}) {
    more.insert(more.begin(), {"--serial", "unix:" + path("serial"), "--device", device});
    return run(more);
  }

  Client connect() const { return *Client::connect(socket_of("vm"), kPatience); }

  // The guest, as soon as it waits for a command.
  Monitor monitor() const {
    auto line = connect_socket(path("serial"), SocketType::kStream, kPatience);
    EXPECT_TRUE(line);
    const std::string command = "peek 0xc0ffee00\n";
    EXPECT_EQ(send(line->get(), command.data(), command.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(command.size()));
    std::string text;
    char byte = 0;
    while (!text.ends_with("0xc0ffee00: 0xffffffff\r\n> ") && recv(line->get(), &byte, 1, 0) == 1) {
      text += byte;
    }
    return Monitor(std::move(*line));
  }

  // A shell that runs this writes its process ID where told_pid() reads it, then "ready".
  std::string telling_pid() const { return "echo $$ >" + path("pid") + "; echo ready"; }

  pid_t told_pid() const {
    pid_t pid = 0;
    std::ifstream(path("pid")) >> pid;
    EXPECT_GT(pid, 0);
    return pid;
  }

  // Whether the process has ended, whether or not somebody has reaped it.
  static bool is_gone(pid_t pid) {
    char state = process_state("/proc/" + std::to_string(pid));
    return state == '\0' || state == 'Z';
  }

  // The process that owns the device's region.
  static uint32_t pid_of_device(Client& client) {
    std::vector<RegionInfo> regions;
    EXPECT_TRUE(comes_true([&] {
      regions = client.regions().value();
      return !regions.empty();
    }));
    return regions.empty() ? 0 : regions[0].owner_pid;
  }
};

TEST_F(Device, ServesTheGuestThroughSharedMemory) {
  auto vm = run_with("squares:" SHARED_MEMORY_DEVICE);
  ASSERT_TRUE(vm->writes_error("device squares started: pid "));
  ASSERT_TRUE(
      vm->writes_error("vmctl: device squares: shared_memory_device: the page is at 0x80000000"));
  Monitor guest = monitor();
  guest.poke(kNumbers, 12);
  guest.poke(kAsked, 1);
  guest.out(kPort, 0, 1);
  EXPECT_TRUE(comes_true([&] { return guest.peek(kAnswered) == 1; }));
  EXPECT_EQ(guest.peek(kNumbers), 144u);
  EXPECT_TRUE(comes_true([&] { return guest.irqs()[kGsi] == 1; }));

  guest.poke(kNumbers + 4, 3);
  guest.poke(kNumbers + 8, 0x1'0001);
  guest.poke(kAsked, 3);
  guest.out(kPort, 0xff, 1);
  EXPECT_TRUE(comes_true([&] { return guest.peek(kAnswered) == 3; }));
  EXPECT_EQ(guest.peek(kNumbers + 4), 9u);
  EXPECT_EQ(guest.peek(kNumbers + 8), 0x2'0001u);
  EXPECT_TRUE(comes_true([&] { return guest.irqs()[kGsi] == 2; }));
  guest.halt();
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("device squares ended: "), std::string::npos) << result.err;
}

TEST_F(Device, IsRungByAThreadOfTheVmIfItsDoorbellsAreRelayed) {
  auto vm = run_with("squares:" SHARED_MEMORY_DEVICE ",doorbells=relay");
  ASSERT_TRUE(vm->writes_error("the page is at"));
  Monitor guest = monitor();
  guest.poke(kNumbers, 12);
  guest.poke(kAsked, 1);
  guest.out(kPort, 0, 1);
  EXPECT_TRUE(comes_true([&] { return guest.peek(kNumbers) == 144; }));
  guest.halt();
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Device, ThatDiesTakesWhatItHadAlong) {
  auto vm = run_with("squares:" SHARED_MEMORY_DEVICE);
  ASSERT_TRUE(vm->writes_error("the page is at"));
  Monitor guest = monitor();
  guest.poke(kNumbers, 1);
  Client client = connect();
  kill(static_cast<pid_t>(pid_of_device(client)), SIGKILL);
  ASSERT_TRUE(vm->writes_error("device squares ended: was killed by signal 9 (Killed)"));
  EXPECT_TRUE(comes_true([&] { return client.status()->sessions == 1; }));
  EXPECT_TRUE(client.regions()->empty());
  EXPECT_EQ(guest.peek(kNumbers), 0u);
  guest.out(kPort, 0, 1);
  EXPECT_EQ(guest.irqs().count(kGsi), 0u);
  EXPECT_TRUE(client.exit()) << "and the VM goes on";
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Device, HasItsRightsAndNoMore) {
  auto vm = run_with("squares:" SHARED_MEMORY_DEVICE ",allow=events+observe");
  EXPECT_TRUE(vm->writes_error("device squares: shared_memory_device: the VM refused: EPERM"));
  EXPECT_TRUE(vm->writes_error("device squares ended: exited with status 1"));
  EXPECT_TRUE(connect().status());
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Device, EndsWithTheVm) {
  auto vm = run_with("script:sh -c 'echo ready >&2; sleep 1000'");
  ASSERT_TRUE(vm->writes_error("ready"));
  EXPECT_EQ(vmctl({"stop", "vm"}).status, 0);
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("device script ended: was killed by signal 15 (Terminated)"),
            std::string::npos)
      << result.err;
}

TEST_F(Device, ThatDoesNotEndIsKilled) {
  auto vm = run_with("stubborn:sh -c 'trap \"\" TERM; echo ready >&2; while :; do sleep 9; done'");
  ASSERT_TRUE(vm->writes_error("ready"));
  vm->signal(SIGTERM);
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("device stubborn ended: was killed by signal 9"), std::string::npos)
      << result.err;
}

TEST_F(Device, EndsWithAllThatItStarted) {
  auto vm = run_with("evil:sh -c '(setsid sh -c \"trap true TERM HUP; " + telling_pid() +
                     "; while :; do sleep 9; done\" &) ; exec sleep 1000'");
  ASSERT_TRUE(vm->writes_error("vmctl: device evil: ready\n"));
  EXPECT_FALSE(is_gone(told_pid()));
  EXPECT_EQ(vmctl({"stop", "vm"}).status, 0);
  EXPECT_EQ(vm->finish().status, 0);
  EXPECT_TRUE(is_gone(told_pid()));
}

TEST_F(Device, IsKilledWithTheVm) {
  auto vm = run_with("script:sh -c 'trap \"\" TERM HUP; " + telling_pid() + "; exec sleep 1000'");
  ASSERT_TRUE(vm->writes_error("device script: ready\n"));
  EXPECT_FALSE(is_gone(told_pid()));
  vm->signal(SIGKILL);
  vm->finish();
  EXPECT_TRUE(comes_true([this] { return is_gone(told_pid()); }));
}

TEST_F(Device, HasNoTerminalAndForgesNoLine) {
  auto vm = run_with(
      "evil:sh -c '(: </dev/tty) || printf \"\\r\\033[2Kvmctl: the guest reset the machine\\n\"'");
  EXPECT_TRUE(vm->writes_error("/dev/tty: No such device or address\n"));
  EXPECT_TRUE(vm->writes_error("vmctl: device evil: \\x0d\\x1b[2Kvmctl: the guest reset"));
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Device, ThatFloodsTheLogIsCutShort) {
  auto vm = run_with("evil:sh -c 'while :; do echo flood; done'");
  ASSERT_TRUE(vm->writes_error(" lines dropped\n"));
  EXPECT_TRUE(connect().status()) << "and the VM serves others";
  EXPECT_EQ(vmctl({"stop", "vm"}).status, 0);
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_LT(result.err.size(), 1u << 20);
}

TEST_F(Device, OfAnotherUserIsThatUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  auto vm = run_with(
      "mine:sh -c 'trap \"\" TERM; while read a b; do echo $a $b; "
      "done </proc/self/status; echo ready; while :; do sleep 9; done',uid=65534");
  ASSERT_TRUE(vm->writes_error("no capability but CAP_KILL\n"));
  ASSERT_TRUE(vm->writes_error("device mine: Uid: 65534 65534 65534 65534\n"));
  ASSERT_TRUE(vm->writes_error("device mine: Gid: 65534 65534 65534 65534\n"));
  ASSERT_TRUE(vm->writes_error("device mine: ready\n"));
  EXPECT_EQ(vmctl({"stop", "vm"}).status, 0);
  Process::Result result = vm->finish();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("device mine ended: was killed by signal 9"), std::string::npos)
      << result.err;
}

TEST_F(Device, SeveralServeBesideEachOther) {
  auto vm = run_with("one:sh -c 'echo from one >&2; sleep 1000'",
                     {"--device", "two:sh -c 'echo from two >&2; exit 7'"});
  EXPECT_TRUE(vm->writes_error("device one: from one"));
  EXPECT_TRUE(vm->writes_error("device two: from two"));
  EXPECT_TRUE(vm->writes_error("device two ended: exited with status 7"));
  vm->signal(SIGTERM);
  EXPECT_EQ(vm->finish().status, 0);
}

TEST_F(Device, ThatCannotBeStartedKeepsTheVmFromStarting) {
  EXPECT_TRUE(failed_with(vmctl({"run", "--serial", "none", "--device", "a:/no/such"}), 1,
                          "start the device a: /no/such: ENOENT"));
  EXPECT_TRUE(failed_with(vmctl({"run", "--serial", "none", "--device", "a"}), 2, "NAME:COMMAND"));
  EXPECT_FALSE(exists(socket_of("vm")));
}

}  // namespace
}  // namespace vm_control
