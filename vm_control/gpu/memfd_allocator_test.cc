// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/memfd_allocator.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "vm_control/gpu/plane_layout.h"
#include "vm_control/gpu/test_buffers.h"

namespace vm_control {
namespace {

TEST(MemfdAllocator, GivesSharedMemoryOfTheLayoutForEveryFormat) {
  MemfdAllocator allocator;
  for (const char* format : kFormatNames) {
    SCOPED_TRACE(format);
    auto buffer = allocator.allocate(641, 481, *parse_fourcc(format));
    ASSERT_TRUE(buffer) << buffer.error().message();
    auto layout = layout_planes(641, 481, *parse_fourcc(format));
    EXPECT_EQ(buffer->size, layout->size);
    EXPECT_EQ(buffer->desc, layout->desc);
    expect_shared_memory(*buffer);
  }
}

TEST(MemfdAllocator, TheMemoryIsZero) {
  auto buffer = MemfdAllocator().allocate(64, 64, *parse_fourcc("XR24"));
  ASSERT_TRUE(buffer);
  auto memory = MemoryMapping::shared(buffer->fd.get(), 0, buffer->size);
  ASSERT_TRUE(memory);
  auto bytes = memory->bytes();
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), std::byte{0}), 64 * 64 * 4);
}

TEST(MemfdAllocator, NobodyCanResizeTheMemory) {
  auto buffer = MemfdAllocator().allocate(64, 64, *parse_fourcc("XR24"));
  ASSERT_TRUE(buffer);
  EXPECT_EQ(fcntl(buffer->fd.get(), F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
  for (off_t size : {off_t{0}, off_t{4096}, off_t{1} << 20}) {
    EXPECT_EQ(ftruncate(buffer->fd.get(), size), -1);
    EXPECT_EQ(errno, EPERM);
  }
}

TEST(MemfdAllocator, RefusesWhatHasNoLayout) {
  MemfdAllocator allocator;
  uint32_t xr24 = *parse_fourcc("XR24");
  EXPECT_EQ(allocator.allocate(0, 1, xr24).error().code(), EINVAL);
  EXPECT_EQ(allocator.allocate(UINT32_MAX, UINT32_MAX, xr24).error().code(), EINVAL);
  EXPECT_EQ(allocator.allocate(1, 1, 0).error().code(), EINVAL);
}

TEST(MemfdAllocator, KeepsNoDescriptorOfAThousandAllocations) {
  MemfdAllocator allocator;
  auto before = count_open_fds();
  for (uint32_t i = 0; i < 1000; ++i) {
    auto buffer = allocator.allocate(i % 4, 16, *parse_fourcc(kFormatNames[i % 11]));
    ASSERT_EQ(buffer.has_value(), i % 4 != 0);
  }
  EXPECT_EQ(count_open_fds(), before);
}

}  // namespace
}  // namespace vm_control
