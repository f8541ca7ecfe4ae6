// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/runtime_directory.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "vm_control/base/test_directory.h"
#include "vm_control/transport/bound_socket.h"

namespace vm_control::vmctl {
namespace {

class RuntimeDirectory : public testing::Test {
 protected:
  RuntimeDirectory() { use(base_); }
  ~RuntimeDirectory() override { unsetenv("XDG_RUNTIME_DIR"); }

  static void use(const std::string& base) { setenv("XDG_RUNTIME_DIR", base.c_str(), 1); }
  template <class T>
  static int code(const Result<T>& result) {
    return result ? 0 : result.error().code();
  }
  // The error of all that use the directory; -1 if they do not agree.
  static int refusal() {
    int error = code(runtime_directory());
    bool agree = code(make_runtime_directory()) == error && code(sockets_of_vms()) == error;
    return agree ? error : -1;
  }

  TestDirectory temporary_;
  std::string base_ = temporary_.path();
  std::string path_ = base_ + "/vm_control";
};

TEST_F(RuntimeDirectory, IsMadeForThisUserOnlyWhateverTheUmask) {
  for (mode_t mask : {0u, 022u, 0177u, 0777u}) {
    mode_t before = umask(mask);
    auto path = make_runtime_directory();
    EXPECT_EQ(umask(before), mask) << "the umask is as before";
    ASSERT_TRUE(path) << path.error().message();
    struct stat status {};
    ASSERT_EQ(stat(path->c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700u) << std::oct << mask;
    EXPECT_TRUE(make_runtime_directory());
    ASSERT_EQ(rmdir(path->c_str()), 0);
  }
}

TEST_F(RuntimeDirectory, NeedNotExist) {
  EXPECT_EQ(*runtime_directory(), path_);
  EXPECT_TRUE(sockets_of_vms()->empty());
}

TEST_F(RuntimeDirectory, IsNotTrustedIfOthersMayEnterIt) {
  auto path = make_runtime_directory();
  for (mode_t mode : {0710u, 0701u, 0755u, 0777u}) {
    ASSERT_EQ(chmod(path->c_str(), mode), 0);
    EXPECT_EQ(refusal(), EPERM) << std::oct << mode;
  }
}

TEST_F(RuntimeDirectory, IsADirectory) {
  ASSERT_EQ(symlink("/tmp", path_.c_str()), 0);
  EXPECT_EQ(refusal(), ENOTDIR);
  unlink(path_.c_str());
  std::ofstream(path_) << "a file";
  EXPECT_EQ(refusal(), ENOTDIR);
}

TEST_F(RuntimeDirectory, OfAnotherUserIsNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chown(base_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(refusal(), EPERM);
  EXPECT_NE(access(path_.c_str(), F_OK), 0) << "nothing was made in there";
  ASSERT_EQ(chown(base_.c_str(), 0, 0), 0);
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(refusal(), EPERM);
}

TEST_F(RuntimeDirectory, IsNowhereIfItsBaseIsNot) {
  use(base_ + "/missing");
  EXPECT_EQ(refusal(), ENOENT);
  std::ofstream(base_ + "/file") << "a file";
  use(base_ + "/file");
  EXPECT_EQ(refusal(), ENOTDIR);
}

TEST_F(RuntimeDirectory, IsNotLookedForAtARelativePath) {
  for (const char* base : {"", ".", "run"}) {
    use(base);
    auto path = runtime_directory();
    if (geteuid() == 0) {
      EXPECT_EQ(*path, "/run/vm_control");
    } else {
      EXPECT_EQ(path.error().code(), EINVAL);
    }
  }
}

TEST_F(RuntimeDirectory, ListsItsSocketsByName) {
  ASSERT_TRUE(make_runtime_directory());
  auto b = BoundSocket::bind(path_ + "/b.sock", SocketType::kSeqpacket);
  auto a = BoundSocket::bind(path_ + "/a.sock", SocketType::kDatagram);
  auto other = BoundSocket::bind(path_ + "/other", SocketType::kSeqpacket);
  std::ofstream(path_ + "/file.sock") << "a file";
  std::vector<std::filesystem::path> expected{path_ + "/a.sock", path_ + "/b.sock"};
  EXPECT_EQ(*sockets_of_vms(), expected);
}

}  // namespace
}  // namespace vm_control::vmctl
