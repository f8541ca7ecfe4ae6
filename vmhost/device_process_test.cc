// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <sstream>

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

  Result<DeviceProcess> start(const std::string& script) {
    auto device =
        DeviceProcess::start({.name = "test", .command = {"sh", "-c", script}}, theirs_.get());
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
  // glibc has its child ignore the two signals that it uses itself.
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

TEST_F(DeviceProcessTest, ThatCannotBeStartedSaysWhy) {
  auto device = DeviceProcess::start({.name = "test", .command = {"/no/such"}}, theirs_.get());
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message(),
            "start the device test: /no/such: ENOENT (No such file or directory)");
}

}  // namespace
}  // namespace vm_control::vmhost
