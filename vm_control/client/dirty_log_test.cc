// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/dirty_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "vm_control/base/shared_memory.h"

namespace vm_control {
namespace {

constexpr uint64_t kHuge = uint64_t{1} << 60;

// A memfd of `size` bytes whose first word is 5.
response::DirtyLog log_of(uint64_t size, uint64_t bitmap_bytes) {
  SharedMemory memory = *SharedMemory::create("test", size);
  uint64_t word = 5;
  EXPECT_EQ(pwrite(memory.fd(), &word, sizeof(word), 0), 8);
  return {std::move(memory).take_fd(), bitmap_bytes};
}

TEST(DirtyLog, IsReadToTheEndOfTheRegion) {
  EXPECT_EQ(*read_bitmap(log_of(4096, 8), 64), (std::vector<uint64_t>{5}));
  EXPECT_EQ(*read_bitmap(log_of(4096, 16), 65), (std::vector<uint64_t>{5, 0}));
  EXPECT_EQ(*read_bitmap(log_of(uint64_t{1} << 40, kHuge), 3), (std::vector<uint64_t>{5}));
}

TEST(DirtyLog, ThatMakesNoSenseIsAProtocolError) {
  auto kind_of_failure = [](const response::DirtyLog& log, uint64_t pages) {
    auto words = read_bitmap(log, pages);
    EXPECT_FALSE(words);
    return words ? CallError::Kind::kLocal : words.error().kind;
  };
  constexpr auto kProtocol = CallError::Kind::kProtocol;
  EXPECT_EQ(kind_of_failure(log_of(4096, 7), 64), kProtocol) << "it says that it is short";
  EXPECT_EQ(kind_of_failure(log_of(8, 16), 65), kProtocol) << "it is short";
  EXPECT_EQ(kind_of_failure(log_of(4096, kHuge), kMaxLoggedPages + 1), kProtocol);
  UniqueFd zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(kind_of_failure({std::move(zero), 8}, 64), kProtocol) << "it is no memory";
}

}  // namespace
}  // namespace vm_control
