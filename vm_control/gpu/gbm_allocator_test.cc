// SPDX-License-Identifier: BSD-3-Clause
// GbmAllocator over a fake libgbm: the paths that the code does not take with a working GPU.
#include "vm_control/gpu/gbm_allocator.h"

#include <gtest/gtest.h>

#include "vm_control/gpu/fake_gbm.h"
#include "vm_control/gpu/test_buffers.h"

namespace vm_control {
namespace {

// Fails a test that leaves a device, a buffer or a descriptor behind.
class GbmAllocatorTest : public testing::Test {
 protected:
  void SetUp() override {
    fake_gbm() = FakeGbm{};
    fake_gbm().layout = {{{{{256, 0}, {256, 65536}}}}, 2, 131072};
  }

  void TearDown() override {
    EXPECT_EQ(fake_gbm().devices, 0);
    EXPECT_EQ(fake_gbm().buffers, 0);
    EXPECT_EQ(count_open_fds(), fds_before_);
  }

  static Result<GbmAllocator> create() { return GbmAllocator::create("/dev/null"); }

  // The result of allocate() for a valid request.
  static Result<GpuBuffer> allocate() {
    auto allocator = create();
    EXPECT_TRUE(allocator);
    return allocator->allocate(200, 200, *parse_fourcc("NV12"));
  }

 private:
  decltype(count_open_fds()) fds_before_ = count_open_fds();
};

TEST_F(GbmAllocatorTest, GivesTheDriversPlanesAndTheSizeOfTheExportedBuffer) {
  auto buffer = allocate();
  ASSERT_TRUE(buffer) << buffer.error().message();
  EXPECT_EQ(buffer->desc, fake_gbm().layout.desc);
  EXPECT_EQ(buffer->size, 131072u);
  expect_shared_memory(*buffer);
}

TEST_F(GbmAllocatorTest, ABufferOutlivesItsAllocator) {
  auto buffer = allocate();
  ASSERT_TRUE(buffer);
  EXPECT_EQ(fake_gbm().devices, 0);
  EXPECT_EQ(fake_gbm().buffers, 0);
  expect_shared_memory(*buffer);
}

TEST_F(GbmAllocatorTest, MovingKeepsOneDevice) {
  auto first = create();
  ASSERT_TRUE(first);
  GbmAllocator second = std::move(*first);
  EXPECT_EQ(fake_gbm().devices, 1);
  EXPECT_TRUE(second.allocate(200, 200, *parse_fourcc("NV12")));
}

TEST_F(GbmAllocatorTest, KeepsNothingOfAThousandAllocations) {
  auto allocator = create();
  ASSERT_TRUE(allocator);
  auto before = count_open_fds();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(allocator->allocate(200, 200, *parse_fourcc("NV12")));
  }
  EXPECT_EQ(count_open_fds(), before);
  EXPECT_EQ(fake_gbm().buffers, 0);
}

TEST_F(GbmAllocatorTest, ANodeThatDoesNotRenderIsRefused) {
  fake_gbm().is_render_node = false;
  auto allocator = create();
  ASSERT_FALSE(allocator);
  EXPECT_EQ(allocator.error().message(),
            "open as a DRM render node /dev/null: ENODEV (No such device)");
}

TEST_F(GbmAllocatorTest, ANodeWithoutADriverIsRefused) {
  fake_gbm().has_driver = false;
  auto allocator = create();
  ASSERT_FALSE(allocator);
  EXPECT_EQ(allocator.error().message(),
            "find a GBM driver for /dev/null: ENODEV (No such device)");
}

TEST_F(GbmAllocatorTest, TheDriverSeesNoRequestThatHasNoLayout) {
  fake_gbm().creates_buffer = false;
  fake_gbm().error = EIO;
  auto allocator = create();
  ASSERT_TRUE(allocator);
  uint32_t nv12 = *parse_fourcc("NV12");
  EXPECT_EQ(allocator->allocate(0, 1, nv12).error().code(), EINVAL);
  EXPECT_EQ(allocator->allocate(UINT32_MAX, UINT32_MAX, nv12).error().code(), EINVAL);
  EXPECT_EQ(allocator->allocate(1, 1, 0).error().code(), EINVAL);
}

TEST_F(GbmAllocatorTest, AFormatThatTheDriverCannotDoLinearIsInvalid) {
  fake_gbm().supports_format = false;
  auto buffer = allocate();
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().message(),
            "allocate a linear buffer of format NV12: EINVAL (Invalid argument)");
}

TEST_F(GbmAllocatorTest, AFailedAllocationKeepsTheDriversError) {
  fake_gbm().creates_buffer = false;
  fake_gbm().error = ENOSPC;
  EXPECT_EQ(allocate().error().code(), ENOSPC);
}

TEST_F(GbmAllocatorTest, AFailureWithoutAnErrorIsOutOfMemory) {
  fake_gbm().creates_buffer = false;
  EXPECT_EQ(allocate().error().code(), ENOMEM);
  fake_gbm().creates_buffer = true;
  fake_gbm().exports_buffer = false;
  EXPECT_EQ(allocate().error().code(), ENOMEM);
}

TEST_F(GbmAllocatorTest, AFailedExportKeepsTheDriversError) {
  fake_gbm().exports_buffer = false;
  fake_gbm().error = ENOSYS;
  EXPECT_EQ(allocate().error().code(), ENOSYS);
}

TEST_F(GbmAllocatorTest, ABufferWithoutASizeIsRefused) {
  fake_gbm().exports_a_pipe = true;
  EXPECT_EQ(allocate().error().code(), ESPIPE);
}

TEST_F(GbmAllocatorTest, PlanesInSeveralBuffersAreRefused) {
  fake_gbm().handles = {1, 2, 1};
  EXPECT_EQ(allocate().error().code(), EINVAL);
}

TEST_F(GbmAllocatorTest, MorePlanesOrFewerThanTheFormatHasAreRefused) {
  for (uint32_t num_planes : {0u, 1u, 3u, 4u}) {
    fake_gbm().layout.num_planes = num_planes;
    EXPECT_EQ(allocate().error().code(), EINVAL) << num_planes;
  }
}

}  // namespace
}  // namespace vm_control
