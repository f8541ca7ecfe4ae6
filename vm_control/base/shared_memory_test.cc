// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdint>

#include "vm_control/base/test_limit.h"

namespace vm_control {
namespace {

TEST(SharedMemory, HasTheSizeAskedForAndCanBeSealed) {
  auto memory = SharedMemory::create("test", 12288);
  ASSERT_TRUE(memory);
  struct stat status {};
  ASSERT_EQ(fstat(memory->fd(), &status), 0);
  EXPECT_EQ(status.st_size, 12288);
  EXPECT_EQ(fcntl(memory->fd(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(fcntl(memory->fd(), F_GETFD), FD_CLOEXEC);
}

TEST(SharedMemory, RefusesASizeThatNoFileCanHave) {
  EXPECT_EQ(SharedMemory::create("test", UINT64_MAX).error().code(), EINVAL);
}

TEST(SharedMemory, PastTheLimitOfFilesIsAnErrorAndNoSignal) {
  LowLimit limit(RLIMIT_FSIZE, 4096);
  EXPECT_TRUE(SharedMemory::create("test", 4096));
  EXPECT_EQ(SharedMemory::create("test", 8192).error().code(), EFBIG);
}

}  // namespace
}  // namespace vm_control
