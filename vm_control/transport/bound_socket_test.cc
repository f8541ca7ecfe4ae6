// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/bound_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "vm_control/base/test_directory.h"
#include "vm_control/transport/message.h"

namespace vm_control {
namespace {

constexpr std::chrono::milliseconds kDeadline(2000);

class BoundSocketTest : public testing::TestWithParam<SocketType> {
 protected:
  std::string path() const { return directory_ + "/vm.sock"; }
  bool exists() const { return std::filesystem::exists(std::filesystem::symlink_status(path())); }

  mode_t file_mode() const {
    struct stat status {};
    EXPECT_EQ(lstat(path().c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  // Makes `attempt` as another user, and returns the errno or 0 that it tells.
  static int result_as(uid_t user, gid_t group, const std::function<int()>& attempt) {
    pid_t child = fork();
    if (child == 0) {
      bool became = setgroups(0, nullptr) == 0 && setgid(group) == 0 && setuid(user) == 0;
      _exit(became ? attempt() : EPERM);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }
  int connect_as(uid_t user, gid_t group) const {
    return result_as(user, group, [this] {
      auto socket = connect_socket(path(), GetParam(), kDeadline);
      return socket ? 0 : socket.error().code();
    });
  }

  // The file that a server leaves when it is killed.
  void leave_stale_socket() {
    auto fd = make_socket(GetParam());
    auto address = SocketAddress::from_path(path());
    ASSERT_EQ(bind(fd->get(), address->get(), address->size()), 0);
  }

  TestDirectory temporary_;
  std::string directory_ = temporary_.path();
};

INSTANTIATE_TEST_SUITE_P(Both, BoundSocketTest,
                         testing::Values(SocketType::kSeqpacket, SocketType::kDatagram),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(BoundSocketTest, CanBeConnectedToAndIsRemovedWithItsOwner) {
  {
    auto bound = BoundSocket::bind(path(), GetParam());
    ASSERT_TRUE(bound) << bound.error().message();
    EXPECT_TRUE(connect_socket(path(), GetParam(), kDeadline));
    EXPECT_EQ(bound->path(), path());
  }
  EXPECT_FALSE(exists());
}

TEST_P(BoundSocketTest, IsForItsOwnerOnlyUnlessToldOtherwise) {
  auto bound = BoundSocket::bind(path(), GetParam());
  ASSERT_TRUE(bound);
  EXPECT_EQ(file_mode(), 0600u);
}

TEST_P(BoundSocketTest, HasExactlyItsModeWhateverTheUmask) {
  for (mode_t mode : {0600u, 0660u, 0666u, 0606u}) {
    for (mode_t mask : {0u, 022u, 027u, 077u, 0777u}) {
      mode_t saved = umask(mask);
      auto bound = BoundSocket::bind(path(), GetParam(), mode);
      umask(saved);
      ASSERT_TRUE(bound) << bound.error().message();
      EXPECT_EQ(file_mode(), mode) << std::oct << mask;
    }
  }
}

TEST_P(BoundSocketTest, ARecoveredSocketHasItsOwnModeAndNotThatOfTheStaleOne) {
  leave_stale_socket();
  ASSERT_EQ(chmod(path().c_str(), 0777), 0);
  auto bound = BoundSocket::bind(path(), GetParam(), 0660);
  ASSERT_TRUE(bound);
  EXPECT_EQ(file_mode(), 0660u);
}

TEST_P(BoundSocketTest, ModeDecidesWhetherItsGroupMayConnect) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  constexpr gid_t kGroup = 23456;
  ASSERT_EQ(chmod(directory_.c_str(), 0711), 0);
  for (mode_t mode : {0600u, 0660u}) {
    auto bound = BoundSocket::bind(path(), GetParam(), mode);
    ASSERT_TRUE(bound);
    ASSERT_EQ(chown(path().c_str(), static_cast<uid_t>(-1), kGroup), 0);
    EXPECT_EQ(connect_as(kGroup, kGroup), mode == 0660 ? 0 : EACCES);
    EXPECT_EQ(connect_as(kGroup, kGroup + 1), EACCES);
  }
}

TEST_P(BoundSocketTest, RecoversAStaleSocket) {
  leave_stale_socket();
  ASSERT_TRUE(exists());
  auto bound = BoundSocket::bind(path(), GetParam());
  ASSERT_TRUE(bound) << bound.error().message();
  EXPECT_TRUE(connect_socket(path(), GetParam(), kDeadline));
}

TEST_P(BoundSocketTest, RefusesAPathThatIsServed) {
  auto live = BoundSocket::bind(path(), GetParam());
  for (SocketType type : {SocketType::kSeqpacket, SocketType::kDatagram}) {
    EXPECT_EQ(BoundSocket::bind(path(), type).error().code(), EADDRINUSE);
  }
  EXPECT_TRUE(connect_socket(path(), GetParam(), kDeadline));
}

TEST_P(BoundSocketTest, LeavesAFileThatIsNoSocket) {
  std::ofstream(path()) << "precious";
  EXPECT_EQ(BoundSocket::bind(path(), GetParam()).error().code(), EEXIST);
  EXPECT_EQ(std::filesystem::file_size(path()), 8u);
}

TEST_P(BoundSocketTest, LeavesASocketThatReplacedItsOwn) {
  auto first = std::optional(*BoundSocket::bind(path(), GetParam()));
  std::filesystem::rename(path(), path() + ".moved");
  auto second = BoundSocket::bind(path(), GetParam());
  ASSERT_TRUE(second);
  first.reset();
  EXPECT_TRUE(connect_socket(path(), GetParam(), kDeadline));
}

TEST_P(BoundSocketTest, ReportsADirectoryThatIsNotThere) {
  EXPECT_EQ(BoundSocket::bind("/nonexistent/vm.sock", GetParam()).error().code(), ENOENT);
  EXPECT_EQ(BoundSocket::bind("", GetParam()).error().code(), EINVAL);
  EXPECT_EQ(BoundSocket::bind(directory_ + std::string(108, 'x'), GetParam()).error().code(),
            ENAMETOOLONG);
}

TEST_P(BoundSocketTest, NeedsNoLockThatSomebodyHolds) {
  UniqueFd lock(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  leave_stale_socket();
  auto bound = BoundSocket::bind(path(), GetParam());
  ASSERT_TRUE(bound) << bound.error().message();
  EXPECT_EQ(BoundSocket::bind(path(), GetParam()).error().code(), EADDRINUSE);
}

TEST_P(BoundSocketTest, NeedsNoDirectoryThatItCanRead) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  constexpr uid_t kUser = 23456;
  ASSERT_EQ(chown(directory_.c_str(), kUser, kUser), 0);
  ASSERT_EQ(chmod(directory_.c_str(), 0300), 0);
  int result = result_as(kUser, kUser, [this] {
    auto bound = BoundSocket::bind(path(), GetParam());
    return bound ? 0 : bound.error().code();
  });
  EXPECT_EQ(result, 0);
}

// Without the lock, one of two servers that find the same stale socket would unlink the other's.
TEST_P(BoundSocketTest, OfManyServersThatRecoverOnePathOneWins) {
  for (int round = 0; round < 20; ++round) {
    leave_stale_socket();
    std::vector<std::optional<BoundSocket>> winners(4);
    {
      std::vector<std::jthread> threads;
      for (auto& winner : winners) {
        threads.emplace_back([&] {
          auto bound = BoundSocket::bind(path(), GetParam());
          if (bound) winner.emplace(std::move(*bound));
        });
      }
    }
    int count = 0;
    for (auto& winner : winners) count += winner.has_value();
    ASSERT_EQ(count, 1);
    ASSERT_TRUE(connect_socket(path(), GetParam(), kDeadline));
  }
}

TEST(ConnectSocket, TellsWhyItFailed) {
  EXPECT_EQ(
      connect_socket("/nonexistent/vm.sock", SocketType::kSeqpacket, kDeadline).error().code(),
      ENOENT);
}

TEST_P(BoundSocketTest, ConnectingWithTheOtherTypeIsEprototype) {
  auto bound = BoundSocket::bind(path(), GetParam());
  auto other =
      GetParam() == SocketType::kSeqpacket ? SocketType::kDatagram : SocketType::kSeqpacket;
  EXPECT_EQ(connect_socket(path(), other, kDeadline).error().code(), EPROTOTYPE);
}

TEST_P(BoundSocketTest, AConnectedDatagramClientHasAnAddressForReplies) {
  if (GetParam() != SocketType::kDatagram) return;
  auto bound = BoundSocket::bind(path(), GetParam());
  auto client = connect_socket(path(), GetParam(), kDeadline);
  std::array<std::byte, 4> bytes{std::byte{1}};
  ASSERT_TRUE(send_message(client->get(), bytes, -1, 0));
  SocketAddress sender;
  ASSERT_TRUE(receive_message(bound->fd(), bytes, MSG_DONTWAIT, &sender));
  ASSERT_TRUE(sender.is_autobound() || sender.is_path());
  ASSERT_TRUE(send_message(bound->fd(), bytes, -1, MSG_DONTWAIT, &sender));
  EXPECT_TRUE(receive_message(client->get(), bytes, 0));
}

// A message that was sent before its receiver asked for credentials never gets any.
TEST(BoundDatagramSocket, TellsWhoSentWhatCameAtOnce) {
  TestDirectory directory;
  std::string path = directory.path() + "/vm.sock";
  auto bound = BoundSocket::bind(path, SocketType::kDatagram);
  ASSERT_TRUE(bound);
  auto client = connect_socket(path, SocketType::kDatagram, kDeadline);
  std::array<std::byte, 4> bytes{};
  ASSERT_TRUE(send_message(client->get(), bytes, -1, 0));
  auto message = receive_message(bound->fd(), bytes, MSG_DONTWAIT);
  ASSERT_TRUE(message && message->sender);
  EXPECT_EQ(message->sender->pid, getpid());
  EXPECT_EQ(message->sender->uid, getuid());
}

TEST_P(BoundSocketTest, LetsListedUsersConnectAndNobodyElse) {
  constexpr uid_t kFriend = 4711;
  constexpr uid_t kStranger = 4712;
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const uid_t users[] = {kFriend};
  auto socket = BoundSocket::bind(path(), GetParam(), 0600, users);
  ASSERT_TRUE(socket) << socket.error().message();
  ASSERT_EQ(chmod(temporary_.path().c_str(), 0711), 0);
  EXPECT_EQ(connect_as(kFriend, kFriend), 0);
  EXPECT_EQ(connect_as(kStranger, kStranger), EACCES);
}

TEST(SocketAddress, KnowsPathsFromNamesOfTheKernel) {
  auto path = SocketAddress::from_path("/0002a");
  EXPECT_TRUE(path->is_path());
  EXPECT_FALSE(path->is_autobound());
  SocketAddress none;
  EXPECT_FALSE(none.is_path() || none.is_autobound());
  auto abstract = [](std::string_view name) {
    SocketAddress address;
    auto* out = reinterpret_cast<sockaddr_un*>(address.buffer());
    out->sun_path[0] = 0;
    name.copy(out->sun_path + 1, name.size());
    address.set_size(static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
    return address;
  };
  EXPECT_TRUE(abstract("0002a").is_autobound());
  EXPECT_FALSE(abstract("mine!").is_autobound());
  EXPECT_FALSE(abstract("0002a7").is_autobound());
}

}  // namespace
}  // namespace vm_control
