// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/memory_mapping.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_memory.h"

namespace vm_control {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(MemoryMapping, TwoMappingsOfOneFileShareTheirBytes) {
  auto memory = SharedMemory::create("test", 8192);
  ASSERT_TRUE(memory);
  auto whole = MemoryMapping::shared(memory->fd(), 0, 8192);
  auto second_page = MemoryMapping::shared(memory->fd(), 4096, 4096);
  ASSERT_TRUE(whole && second_page);
  whole->data()[4096] = std::byte{42};
  EXPECT_EQ(second_page->data()[0], std::byte{42});
}

TEST(MemoryMapping, LargeMappingsStartAtAHugePage) {
  for (size_t size : {2 * kMiB, 2 * kMiB + 4096, 5 * kMiB}) {
    auto memory = SharedMemory::create("test", size);
    auto shared = MemoryMapping::shared(memory->fd(), 0, size);
    auto anonymous = MemoryMapping::anonymous(size);
    ASSERT_TRUE(shared && anonymous);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(shared->data()) % (2 * kMiB), 0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(anonymous->data()) % (2 * kMiB), 0u);
    shared->data()[size - 1] = std::byte{1};
    anonymous->data()[size - 1] = std::byte{1};
  }
}

TEST(MemoryMapping, LeavesNoMappingBehind) {
  size_t before = count_mappings("");
  for (int round = 0; round < 100; ++round) {
    auto large = MemoryMapping::anonymous(2 * kMiB + 4096);
    auto failed = MemoryMapping::shared(-1, 0, 4 * kMiB);
    MemoryMapping moved = std::move(*large);
    moved = *MemoryMapping::anonymous(4096);
  }
  // A sanitizer may add a few of its own; a leak would leave a hundred.
  EXPECT_LT(count_mappings(""), before + 50);
}

TEST(MemoryMapping, RefusesBadSizesAndOffsets) {
  auto memory = SharedMemory::create("test", 8192);
  EXPECT_EQ(MemoryMapping::shared(memory->fd(), 0, 0).error().code(), EINVAL);
  EXPECT_EQ(MemoryMapping::shared(memory->fd(), 0, 100).error().code(), EINVAL);
  EXPECT_EQ(MemoryMapping::shared(memory->fd(), 5, 4096).error().code(), EINVAL);
  EXPECT_EQ(MemoryMapping::anonymous(SIZE_MAX - 4095).error().code(), ENOMEM);
}

// crosvm's 2018 clients saw these errors for descriptors that can't be mapped.
TEST(MemoryMapping, RefusesWhatCantBeMappedWritable) {
  for (size_t size : {size_t{4096}, 4 * kMiB}) {
    UniqueFd read_only(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(MemoryMapping::shared(read_only.get(), 0, size).error().code(), EACCES);
    UniqueFd path_only(open("/proc/self/exe", O_PATH | O_CLOEXEC));
    EXPECT_EQ(MemoryMapping::shared(path_only.get(), 0, size).error().code(), EBADF);
    UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(MemoryMapping::shared(socket_fd.get(), 0, size).error().code(), ENODEV);
    auto sealed = SharedMemory::create("test", size);
    ASSERT_EQ(fcntl(sealed->fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
    EXPECT_EQ(MemoryMapping::shared(sealed->fd(), 0, size).error().code(), EPERM);
    EXPECT_EQ(MemoryMapping::shared(-1, 0, size).error().code(), EBADF);
  }
}

TEST(MemoryMapping, ForReadingNeedsNoRightToWrite) {
  for (size_t size : {size_t{4096}, 4 * kMiB}) {
    auto memory = SharedMemory::create("test", size);
    auto writable = MemoryMapping::shared(memory->fd(), 0, size);
    writable->data()[size - 1] = std::byte{42};
    auto path = "/proc/self/fd/" + std::to_string(memory->fd());
    UniqueFd read_only(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    auto mapping = MemoryMapping::shared(read_only.get(), 0, size, MemoryAccess::kRead);
    ASSERT_TRUE(mapping);
    EXPECT_EQ(mapping->data()[size - 1], std::byte{42});
    // The kernel refuses to read from a pipe into memory that can't be written.
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    ASSERT_EQ(write(writer.get(), "x", 1), 1);
    EXPECT_EQ(read(reader.get(), mapping->data(), 1), -1);
    EXPECT_EQ(errno, EFAULT);
  }
}

TEST(MemoryMapping, ForReadingTakesWhatIsSealedAgainstWriting) {
  auto sealed = SharedMemory::create("test", 4096);
  ASSERT_EQ(fcntl(sealed->fd(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  auto mapping = MemoryMapping::shared(sealed->fd(), 0, 4096, MemoryAccess::kRead);
  if (!mapping && mapping.error().code() == EPERM) GTEST_SKIP() << "not before Linux 6.7";
  EXPECT_TRUE(mapping);
}

TEST(MemoryMapping, ForReadingStillNeedsTheRightToRead) {
  auto memory = SharedMemory::create("test", 4096);
  auto path = "/proc/self/fd/" + std::to_string(memory->fd());
  UniqueFd write_only(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(MemoryMapping::shared(write_only.get(), 0, 4096, MemoryAccess::kRead).error().code(),
            EACCES);
}

TEST(MemoryMapping, KnowsWhetherAPageIsBacked) {
  UniqueFd file = make_unsealable_memory(2 * kPageSize);
  auto mapping = MemoryMapping::shared(file.get(), 0, 2 * kPageSize);
  auto read_only = MemoryMapping::shared(file.get(), 0, 2 * kPageSize, MemoryAccess::kRead);
  std::byte* second = mapping->data() + kPageSize;
  EXPECT_TRUE(is_backed(second, MemoryAccess::kReadWrite));
  EXPECT_TRUE(is_backed(read_only->data() + kPageSize, MemoryAccess::kRead));
  resize(file, kPageSize);
  EXPECT_FALSE(is_backed(second, MemoryAccess::kReadWrite));
  EXPECT_FALSE(is_backed(second, MemoryAccess::kRead));
  EXPECT_FALSE(is_backed(read_only->data() + kPageSize, MemoryAccess::kRead));
  EXPECT_TRUE(is_backed(mapping->data(), MemoryAccess::kReadWrite));
}

}  // namespace
}  // namespace vm_control
