// SPDX-License-Identifier: BSD-3-Clause
// Helpers that the tests of all allocators share.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/page.h"
#include "vm_control/model/fourcc.h"
#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

inline constexpr const char* kFormatNames[] = {"XR24", "AR24", "XB24", "AB24", "RG16", "GR88",
                                               "R8",   "NV12", "NV21", "YU12", "YV12"};

// The number of file descriptors that this process has open.
inline auto count_open_fds() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

// Checks the promises of every buffer: close-on-exec, its size, and memory that all mappings share.
inline void expect_shared_memory(const GpuBuffer& buffer) {
  EXPECT_EQ(fcntl(buffer.fd.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(lseek(buffer.fd.get(), 0, SEEK_END), static_cast<off_t>(buffer.size));
  EXPECT_EQ(buffer.size % kPageSize, 0u);

  auto ours = MemoryMapping::shared(buffer.fd.get(), 0, buffer.size);
  auto theirs = MemoryMapping::shared(buffer.fd.get(), 0, buffer.size);
  ASSERT_TRUE(ours) << ours.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
  ours->bytes().front() = std::byte{0x12};
  theirs->bytes().back() = std::byte{0x34};
  EXPECT_EQ(theirs->bytes().front(), std::byte{0x12});
  EXPECT_EQ(ours->bytes().back(), std::byte{0x34});
}

}  // namespace vm_control
