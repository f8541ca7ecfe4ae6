// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "vmhost/sandbox/test_child.h"

namespace vm_control::vmhost {
namespace {

using Clock = DeviceProcess::Clock;

constexpr std::chrono::seconds kPatience(30);

class DeviceProcessTest : public testing::Test {
 protected:
  DeviceProcessTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ours_ = UniqueFd(pair[0]);
    theirs_ = UniqueFd(pair[1]);
  }

  // Its standard output and error go where those of the test go.
  Result<DeviceProcess> start(const std::string& script, std::optional<uid_t> uid = {}) {
    auto device =
        DeviceProcess::start({.name = "test", .command = {"sh", "-c", script}, .uid = uid},
                             {.connection = theirs_.get(), .output = STDERR_FILENO});
    theirs_.reset();
    return device;
  }

  // All that it writes to the connection, and how it ended then.
  std::string read_all() const {
    std::string text;
    char bytes[4096];
    for (ssize_t size = 1; size > 0;) {
      size = recv(ours_.get(), bytes, sizeof bytes, 0);
      if (size > 0) text.append(bytes, static_cast<size_t>(size));
    }
    return text;
  }

  // Starts a process that says "ready", and kills the process that started it.
  void expect_end_with_owner(const std::string& script, std::optional<uid_t> uid = {}) {
    pid_t owner = fork();
    if (owner == 0) {
      ours_.reset();
      auto device = start(script, uid);
      for (;;) pause();
    }
    theirs_.reset();
    char line[6];
    ASSERT_EQ(recv(ours_.get(), line, sizeof line, 0), 6);
    kill(owner, SIGKILL);
    waitpid(owner, nullptr, 0);
    EXPECT_EQ(read_all(), "");
  }

  static std::string ending_of(DeviceProcess& device) {
    EXPECT_TRUE(device.wait_until_ended(Clock::now() + kPatience));
    return device.take_ending().value_or("it runs");
  }

  UniqueFd ours_;
  UniqueFd theirs_;
};

TEST_F(DeviceProcessTest, FindsItsConnection) {
  auto device = start("echo $VM_CONTROL_FD >&3; exit 5");
  ASSERT_TRUE(device) << device.error().message();
  EXPECT_EQ(read_all(), "3\n");
  EXPECT_EQ(ending_of(*device), "exited with status 5");
  EXPECT_EQ(device->take_ending(), std::nullopt) << "once";
}

TEST_F(DeviceProcessTest, HasNoOtherDescriptor) {
  UniqueFd leaky(open("/dev/null", O_RDONLY));  // not close-on-exec
  auto device = start("exec >&3; ls -l /proc/$$/fd");
  ASSERT_TRUE(device);
  std::string list = read_all();
  EXPECT_NE(list.find(" 0 -> /dev/null\n"), std::string::npos) << list;
  EXPECT_NE(list.find(" 3 -> socket:"), std::string::npos) << list;
  EXPECT_EQ(std::count(list.begin(), list.end(), '>'), 4) << list;
}

TEST_F(DeviceProcessTest, HasItsSignalsAsAProgramExpectsThem) {
  std::signal(SIGPIPE, SIG_IGN);
  auto device = start("sed -n 's/Sig[BI].*:\t//p' /proc/self/status >&3");
  ASSERT_TRUE(device);
  std::istringstream masks(read_all());
  uint64_t blocked = 1;
  uint64_t ignored = 1;
  ASSERT_TRUE(masks >> std::hex >> blocked >> ignored);
  EXPECT_EQ(blocked, 0u);
  // Whoever started the test may have it ignore the two signals that glibc uses itself.
  EXPECT_EQ(ignored & 0x7fff'ffff, 0u);
}

TEST_F(DeviceProcessTest, EndsWhenItIsAskedTo) {
  auto device = start("sleep 1000 & wait");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->take_ending(), std::nullopt);
  EXPECT_FALSE(device->wait_until_ended(Clock::now()));
  device->terminate();
  EXPECT_EQ(ending_of(*device), "was killed by signal 15 (Terminated)");
  EXPECT_EQ(read_all(), "") << "and its children with it";
}

TEST_F(DeviceProcessTest, IsKilledWithItsOwner) {
  {
    auto device = start("trap '' TERM; echo ready >&3; while :; do sleep 1000; done");
    ASSERT_TRUE(device);
    char line[6];
    ASSERT_EQ(recv(ours_.get(), line, sizeof line, 0), 6);
    device->terminate();
    EXPECT_FALSE(device->wait_until_ended(Clock::now() + std::chrono::milliseconds(10)));
  }
  EXPECT_EQ(read_all(), "");
}

// Gives the calling process a controlling terminal.
void enter_terminal() {
  IN_CHILD(setsid() > 0);
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  IN_CHILD(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  IN_CHILD(open(ptsname(terminal), O_RDWR) >= 0);
  IN_CHILD(open("/dev/tty", O_RDWR) >= 0);
}

TEST_F(DeviceProcessTest, HasNoControllingTerminal) {
  Ending ending = in_child([this] {
    enter_terminal();
    auto device = start("said=$( (: </dev/tty) 2>&1); echo \"$said\" >&3");
    IN_CHILD(device);
    char bytes[4096];
    ssize_t size = recv(ours_.get(), bytes, sizeof bytes, 0);
    IN_CHILD(size > 0);
    std::string_view said(bytes, static_cast<size_t>(size));
    IN_CHILD(said.find("/dev/tty: No such device or address") != std::string::npos);
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST_F(DeviceProcessTest, LeadsASession) {
  auto device = start(
      "read pid name state parent group session rest </proc/self/stat;"
      "echo $group $session >&3");
  ASSERT_TRUE(device);
  std::string pid = std::to_string(device->pid());
  EXPECT_EQ(read_all(), pid + " " + pid + "\n");
}

TEST_F(DeviceProcessTest, EndsWithItsOwnerWhichIsKilled) {
  expect_end_with_owner("trap '' TERM HUP; echo ready >&3; exec sleep 1000");
}

class DeviceProcessOfAUser : public DeviceProcessTest {
 protected:
  static constexpr uid_t kNobody = 65534;

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  }
};

TEST_F(DeviceProcessOfAUser, HasNothingOfRoot) {
  auto device = start(
      "sed -n 's/^\\([UG][ir].*\\|CapEff\\|CapPrm\\):[\t ]*//p' /proc/self/status"
      " | tr '\\t' ' ' >&3",
      kNobody);
  ASSERT_TRUE(device) << device.error().message();
  const std::string four = "65534 65534 65534 65534\n";
  const std::string none = "0000000000000000\n";
  EXPECT_EQ(read_all(), four + four + "\n" + none + none) << "user, group, groups, capabilities";
  EXPECT_EQ(ending_of(*device), "exited with status 0");
}

TEST_F(DeviceProcessOfAUser, EndsWithItsOwnerWhichIsKilled) {
  expect_end_with_owner("echo ready >&3; exec sleep 1000", kNobody);
}

TEST_F(DeviceProcessOfAUser, ThatCannotBeSaysWhy) {
  Ending ending = in_child([this] {
    IN_CHILD(setresuid(kNobody, kNobody, kNobody) == 0);
    auto device = start("exit", 1000);
    IN_CHILD(!device);
    IN_CHILD(device.error().message() ==
             "start the device test as user 1000: EPERM (Operation not permitted)");
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST_F(DeviceProcessTest, ThatCannotBeStartedSaysWhy) {
  auto device = DeviceProcess::start({.name = "test", .command = {"/no/such"}},
                                     {.connection = theirs_.get(), .output = STDERR_FILENO});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message(),
            "start the device test: /no/such: ENOENT (No such file or directory)");
}

}  // namespace
}  // namespace vm_control::vmhost
