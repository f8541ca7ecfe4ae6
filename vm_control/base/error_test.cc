// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "vm_control/base/result.h"
#include "vm_control/base/try.h"

namespace vm_control {
namespace {

TEST(Error, SaysWhatWasDoneToWhatAndWhy) {
  EXPECT_EQ(Error(EADDRINUSE, "bind", "/run/vm.sock").message(),
            "bind /run/vm.sock: EADDRINUSE (Address already in use)");
  EXPECT_EQ(Error(EINVAL, "map memory").message(), "map memory: EINVAL (Invalid argument)");
  EXPECT_EQ(Error(EINVAL, "map memory").attempt(), "map memory");
}

TEST(Error, PrintsANumberThatHasNoName) {
  EXPECT_EQ(describe_errno(4242), "errno 4242");
  EXPECT_EQ(errno_name(4242), "errno 4242");
}

TEST(Result, FailErrnoTakesTheCurrentErrno) {
  errno = ENOSPC;
  Result<int> result = fail_errno("write");
  EXPECT_EQ(result.error().code(), ENOSPC);
}

Result<int> half(int value) {
  if (value % 2) return fail(EINVAL, "halve");
  return value / 2;
}

Result<int> quarter(int value) {
  int once = TRY(half(value));
  return half(once);
}

Result<void> check_quarter(int value) {
  TRY(quarter(value));
  return {};
}

TEST(Try, TakesTheValueOrReturnsTheError) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(3).error().code(), EINVAL);
  EXPECT_EQ(quarter(6).error().code(), EINVAL);
  EXPECT_TRUE(check_quarter(8));
  EXPECT_EQ(check_quarter(1).error().code(), EINVAL);
}

}  // namespace
}  // namespace vm_control
