// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/udmabuf_allocator.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "vm_control/gpu/plane_layout.h"
#include "vm_control/gpu/test_buffers.h"

namespace vm_control {
namespace {

TEST(UdmabufAllocator, AMissingDeviceIsNamed) {
  auto allocator = UdmabufAllocator::create("/nonexistent/udmabuf");
  ASSERT_FALSE(allocator);
  EXPECT_EQ(allocator.error().message(),
            "open the host's udmabuf device /nonexistent/udmabuf: ENOENT (No such file or "
            "directory)");
}

TEST(UdmabufAllocator, AnotherKindOfDeviceIsRefusedAndLeaksNothing) {
  auto before = count_open_fds();
  {
    auto allocator = UdmabufAllocator::create("/dev/null");
    ASSERT_TRUE(allocator);
    for (int i = 0; i < 1000; ++i) {
      auto buffer = allocator->allocate(64, 64, *parse_fourcc("XR24"));
      ASSERT_FALSE(buffer);
      ASSERT_EQ(buffer.error().code(), ENOTTY);
    }
  }
  EXPECT_EQ(count_open_fds(), before);
}

TEST(UdmabufAllocator, RefusesWhatHasNoLayoutBeforeItAsksTheDevice) {
  auto allocator = UdmabufAllocator::create("/dev/null");
  ASSERT_TRUE(allocator);
  EXPECT_EQ(allocator->allocate(0, 1, *parse_fourcc("XR24")).error().code(), EINVAL);
  EXPECT_EQ(allocator->allocate(1, 1, 0).error().code(), EINVAL);
}

// These tests use the host's device.
class HostUdmabuf : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/udmabuf", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "this host has no /dev/udmabuf, or none for this user";
    }
  }
};

TEST_F(HostUdmabuf, GivesADmaBufOfTheLayoutForEveryFormat) {
  auto allocator = UdmabufAllocator::create();
  ASSERT_TRUE(allocator) << allocator.error().message();
  for (const char* format : kFormatNames) {
    SCOPED_TRACE(format);
    auto buffer = allocator->allocate(641, 481, *parse_fourcc(format));
    ASSERT_TRUE(buffer) << buffer.error().message();
    auto layout = layout_planes(641, 481, *parse_fourcc(format));
    EXPECT_EQ(buffer->size, layout->size);
    EXPECT_EQ(buffer->desc, layout->desc);
    expect_shared_memory(*buffer);
    std::string link = "/proc/self/fd/" + std::to_string(buffer->fd.get());
    EXPECT_EQ(std::filesystem::read_symlink(link).string().substr(0, 7), "/dmabuf");
  }
}

TEST_F(HostUdmabuf, KeepsNoDescriptorOfAThousandAllocations) {
  auto allocator = UdmabufAllocator::create();
  ASSERT_TRUE(allocator) << allocator.error().message();
  auto before = count_open_fds();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(allocator->allocate(16, 16, *parse_fourcc("R8")));
  EXPECT_EQ(count_open_fds(), before);
}

}  // namespace
}  // namespace vm_control
