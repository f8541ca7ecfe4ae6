// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <thread>

#include "vm_control/base/test_directory.h"
#include "vm_control/base/unique_fd.h"
#include "vmhost/sandbox/landlock.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/test_child.h"

namespace vm_control::vmhost {
namespace {

void expect_good(Ending ending) {
  EXPECT_TRUE(ending.was_good()) << ending;
}

class LandlockTest : public testing::Test {
 protected:
  // Skips the test where the kernel is too old.
  void SetUp() override { need(1); }
  void need(int abi) {
    if (landlock_abi() < abi) GTEST_SKIP() << "this kernel's Landlock is " << landlock_abi();
  }
};

bool has_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  IN_CHILD(syscall(SYS_capget, &header, sets.data()) == 0);
  return std::ranges::any_of(
      sets, [](const auto& set) { return set.effective || set.permitted || set.inheritable; });
}

TEST(RestrictProcess, LeavesNoCapabilitiesAndNoWayToNewOnes) {
  expect_good(in_child([] {
    bool may_bound = has_capabilities();
    IN_CHILD(restrict_process({}));
    IN_CHILD(!has_capabilities());
    IN_CHILD(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_ADMIN, 0, 0) == 0);
    IN_CHILD(!may_bound || prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0);
    IN_CHILD(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  }));
}

TEST(RestrictProcess, IsTheSameTwice) {
  expect_good(in_child([] {
    IN_CHILD(restrict_process({}));
    IN_CHILD(restrict_process({}));
  }));
}

TEST(RestrictProcess, HoldsForThreadsThatAreStartedLater) {
  expect_good(in_child([] {
    auto done = restrict_process({});
    IN_CHILD(done);
    std::thread([&] {
      IN_CHILD(!has_capabilities());
      IN_CHILD(done->landlock == 0 || open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
    }).join();
  }));
}

TEST(RestrictProcess, ADeviceProcessCanStillBeEnded) {
  expect_good(in_child([] {
    pid_t device = fork();
    if (device == 0) {
      for (;;) pause();
    }
    IN_CHILD(restrict_process({}));
    IN_CHILD(kill(device, SIGTERM) == 0);
    int status;
    IN_CHILD(waitpid(device, &status, 0) == device);
  }));
}

TEST(RestrictProcess, ADeviceProcessOfAnotherUserCanBeEndedWhereTheRulesSaySo) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  for (bool may : {false, true}) {
    expect_good(in_child([may] {
      int ends[2];
      IN_CHILD(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
      char byte = 0;
      pid_t device = fork();
      if (device == 0) {
        close(ends[0]);
        IN_CHILD(setresuid(65534, 65534, 65534) == 0);
        IN_CHILD(write(ends[1], &byte, 1) == 1);
        // Until its parent has ended.
        _exit(static_cast<int>(read(ends[1], &byte, 1)));
      }
      IN_CHILD(read(ends[0], &byte, 1) == 1);
      IN_CHILD(restrict_process({.ends_other_users = may}));
      IN_CHILD(kill(device, SIGTERM) == (may ? 0 : -1));
      // It is all that is left.
      IN_CHILD(setresuid(65534, 65534, 65534) < 0 && errno == EPERM);
    }));
  }
}

// Follows the whole order of sandbox.h up to a return from main(): the sandbox must allow, or leave
// out, what a sanitizer does at exit.
TEST(RestrictProcess, ASandboxedProcessEndsByItself) {
  expect_good(in_child([] {
    IN_CHILD(restrict_process({}));
    std::thread vcpu([] {
      IN_CHILD(restrict_thread(ThreadRole::kVcpu));
      IN_CHILD(!std::string(100'000, 'x').empty());
    });
    std::thread worker([] { IN_CHILD(restrict_thread(ThreadRole::kPrincipal)); });
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    vcpu.join();
    worker.join();
    std::exit(0);
  }));
}

TEST_F(LandlockTest, SocketsCanBeRemovedWhereTheyMayBeAndNothingElsewhere) {
  TestDirectory sockets;
  TestDirectory others;
  for (const TestDirectory* each : {&sockets, &others}) std::ofstream(each->path() + "/file");
  expect_good(in_child([&] {
    IN_CHILD(restrict_process({.removable_from = {sockets.path()}}));
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    IN_CHILD(unlink((others.path() + "/file").c_str()) < 0 && errno == EACCES);
    IN_CHILD(unlink((sockets.path() + "/file").c_str()) == 0);
  }));
}

TEST_F(LandlockTest, NoFileCanBeOpenedOrMade) {
  TestDirectory directory;
  std::string file = directory.path() + "/file";
  std::ofstream(file) << "text";
  expect_good(in_child([&] {
    IN_CHILD(restrict_process({.removable_from = {directory.path()}}));
    for (int flags : {O_RDONLY, O_WRONLY, O_RDWR | O_CREAT}) {
      IN_CHILD(open(file.c_str(), flags | O_CLOEXEC, 0600) < 0 && errno == EACCES);
    }
    IN_CHILD(open(directory.path().c_str(), O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
    IN_CHILD(mkdir((directory.path() + "/new").c_str(), 0700) < 0 && errno == EACCES);
    IN_CHILD(rmdir("/proc/self") < 0 && errno == EACCES);
    IN_CHILD(execl("/bin/true", "true", nullptr) < 0 && errno == EACCES);
  }));
}

TEST_F(LandlockTest, ADirectoryThatIsNotThereIsRefused) {
  expect_good(in_child([] {
    auto done = restrict_process({.removable_from = {"/nowhere"}});
    IN_CHILD(!done && done.error().code() == ENOENT);
  }));
}

TEST_F(LandlockTest, TcpIsClosed) {
  need(4);
  if (IsSkipped()) return;
  expect_good(in_child([] {
    UniqueFd tcp(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    IN_CHILD(restrict_process({}));
    IN_CHILD(bind(tcp.get(), name, sizeof address) < 0 && errno == EACCES);
    IN_CHILD(connect(tcp.get(), name, sizeof address) < 0 && errno == EACCES);
  }));
}

TEST_F(LandlockTest, AbstractSocketsOfOthersAreClosedUnlessDatagramsAreAnswered) {
  need(6);
  if (IsSkipped()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "vm_control.%d", getpid());
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  UniqueFd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(listening.get(), name, sizeof address), 0);
  ASSERT_EQ(listen(listening.get(), 1), 0);
  expect_good(in_child([&] {
    UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    IN_CHILD(restrict_process({}));
    IN_CHILD(connect(client.get(), name, sizeof address) < 0 && errno == EPERM);
  }));
  expect_good(in_child([&] {
    UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    IN_CHILD(restrict_process({.removable_from = {}, .answers_datagrams = true}));
    IN_CHILD(connect(client.get(), name, sizeof address) == 0);
  }));
}

}  // namespace
}  // namespace vm_control::vmhost
