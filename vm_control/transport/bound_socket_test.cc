// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/bound_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
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

TEST_P(BoundSocketTest, IsForItsOwnerOnlyWhateverTheUmask) {
  mode_t saved = umask(0);
  auto bound = BoundSocket::bind(path(), GetParam());
  umask(saved);
  ASSERT_TRUE(bound);
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
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

TEST_P(BoundSocketTest, DoesNotWaitForEverForTheLock) {
  UniqueFd lock(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  EXPECT_EQ(BoundSocket::bind(path(), GetParam()).error().code(), EBUSY);
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
  ASSERT_TRUE(sender.is_named());
  ASSERT_TRUE(send_message(bound->fd(), bytes, -1, MSG_DONTWAIT, &sender));
  EXPECT_TRUE(receive_message(client->get(), bytes, 0));
}

}  // namespace
}  // namespace vm_control
