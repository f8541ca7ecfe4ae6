// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

#include "vm_control/base/maybe_owned_fd.h"

namespace vm_control {
namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

UniqueFd open_null() {
  return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

TEST(UniqueFd, ClosesWhatItOwns) {
  int fd = -1;
  {
    UniqueFd owner = open_null();
    fd = owner.get();
    ASSERT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, MovingLeavesOneOwner) {
  UniqueFd first = open_null();
  int fd = first.get();
  UniqueFd second = std::move(first);
  EXPECT_EQ(second.get(), fd);
  EXPECT_TRUE(is_open(fd));
  UniqueFd third = open_null();
  int replaced = third.get();
  third = std::move(second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_EQ(third.get(), fd);
}

TEST(UniqueFd, ReleaseGivesTheDescriptorUp) {
  UniqueFd owner = open_null();
  UniqueFd next(owner.release());
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(next.get()));
}

TEST(UniqueFd, ADuplicateIsAnotherDescriptorAndCloseOnExec) {
  UniqueFd owner = open_null();
  auto copy = UniqueFd::duplicate(owner.get());
  ASSERT_TRUE(copy);
  EXPECT_NE(copy->get(), owner.get());
  EXPECT_EQ(fcntl(copy->get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(UniqueFd::duplicate(-1).error().code(), EBADF);
}

TEST(MaybeOwnedFd, ClosesOnlyWhatItOwns) {
  UniqueFd owner = open_null();
  { MaybeOwnedFd borrowed = MaybeOwnedFd::borrow(owner.get()); }
  EXPECT_TRUE(is_open(owner.get()));
  int fd = owner.get();
  { MaybeOwnedFd owned(std::move(owner)); }
  EXPECT_FALSE(is_open(fd));
}

}  // namespace
}  // namespace vm_control
