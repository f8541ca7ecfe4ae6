// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/gpu_allocators.h"

#include <gtest/gtest.h>

#include "vm_control/gpu/gbm_allocator.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/gpu/udmabuf_allocator.h"

namespace vm_control {
namespace {

TEST(GpuAllocators, MemfdWorksOnEveryHost) {
  auto allocator = create_gpu_allocator("memfd");
  ASSERT_TRUE(allocator);
  EXPECT_NE(dynamic_cast<MemfdAllocator*>(allocator->get()), nullptr);
}

TEST(GpuAllocators, NoneIsNoAllocatorAndNoError) {
  auto allocator = create_gpu_allocator("none");
  ASSERT_TRUE(allocator);
  EXPECT_EQ(*allocator, nullptr);
}

TEST(GpuAllocators, AnUnknownNameIsAnsweredByTheKnownOnes) {
  for (std::string_view name : {"virgl", "", "Memfd"}) {
    auto allocator = create_gpu_allocator(name);
    ASSERT_FALSE(allocator) << name;
    EXPECT_EQ(allocator.error().code(), EINVAL);
    for (const char* known : {"memfd", "udmabuf", "gbm", "none"}) {
      EXPECT_NE(allocator.error().message().find(known), std::string::npos) << known;
    }
  }
}

// Neither allocator falls back to memfd: without the host's device it is an error.
TEST(GpuAllocators, UdmabufIsUdmabufOrAnError) {
  auto allocator = create_gpu_allocator("udmabuf");
  if (allocator) {
    EXPECT_NE(dynamic_cast<UdmabufAllocator*>(allocator->get()), nullptr);
    return;
  }
  EXPECT_NE(allocator.error().message().find("/dev/udmabuf"), std::string::npos);
}

TEST(GpuAllocators, GbmIsGbmOrAnError) {
  auto allocator = create_gpu_allocator("gbm");
  if (allocator) {
    EXPECT_NE(dynamic_cast<GbmAllocator*>(allocator->get()), nullptr);
    return;
  }
  EXPECT_NE(allocator.error().message().find("/dev/dri"), std::string::npos);
}

}  // namespace
}  // namespace vm_control
