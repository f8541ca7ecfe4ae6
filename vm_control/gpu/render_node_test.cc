// SPDX-License-Identifier: BSD-3-Clause
// The host's render nodes, and GbmAllocator over the real libgbm.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

#include "vm_control/gpu/gbm_allocator.h"
#include "vm_control/gpu/test_buffers.h"

// Mesa's drivers never free the memory that they allocate when they are loaded.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:_dri.so";
}

namespace vm_control {
namespace {

TEST(FindRenderNode, GivesTheFirstOfSeveral) {
  std::string directory = testing::TempDir() + "dri." + std::to_string(getpid());
  std::filesystem::create_directory(directory);
  for (const char* name : {"renderD129", "card0", "renderD128"}) {
    std::ofstream(directory + "/" + name);
  }
  auto node = find_render_node(directory + "/renderD*");
  std::filesystem::remove_all(directory);
  ASSERT_TRUE(node) << node.error().message();
  EXPECT_EQ(*node, directory + "/renderD128");
}

TEST(FindRenderNode, SaysWhereThereIsNone) {
  auto node = find_render_node("/nonexistent/dri/renderD*");
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().message(),
            "find a DRM render node /nonexistent/dri/renderD*: ENODEV (No such device)");
}

TEST(GbmAllocator, AMissingNodeIsNamed) {
  auto allocator = GbmAllocator::create("/nonexistent/dri/renderD128");
  ASSERT_FALSE(allocator);
  EXPECT_EQ(allocator.error().code(), ENOENT);
  EXPECT_NE(allocator.error().message().find("/nonexistent/dri/renderD128"), std::string::npos);
}

TEST(GbmAllocator, AnotherKindOfFileIsRefusedAndLeaksNothing) {
  auto before = count_open_fds();
  for (const char* path : {"/dev/null", "/proc/self/comm"}) {
    auto allocator = GbmAllocator::create(path);
    ASSERT_FALSE(allocator) << path;
    EXPECT_EQ(allocator.error().code(), ENODEV);
  }
  EXPECT_EQ(count_open_fds(), before);
}

class HostRenderNode : public testing::Test {
 protected:
  void SetUp() override {
    auto node = find_render_node();
    if (!node || access(node->c_str(), R_OK | W_OK) != 0) {
      GTEST_SKIP() << "this host has no render node in /dev/dri, or none for this user";
    }
    auto allocator = GbmAllocator::create(*node);
    ASSERT_TRUE(allocator) << allocator.error().message();
    allocator_.emplace(std::move(*allocator));
  }

  std::optional<GbmAllocator> allocator_;
};

TEST_F(HostRenderNode, GivesLinearBuffersThatCanBeMapped) {
  auto buffer = allocator_->allocate(641, 481, *parse_fourcc("XR24"));
  ASSERT_TRUE(buffer) << buffer.error().message();
  auto [stride, offset] = buffer->desc.planes[0];
  EXPECT_GE(stride, 641u * 4);
  EXPECT_LE(offset + uint64_t{stride} * 481, buffer->size);
  expect_shared_memory(*buffer);
}

TEST_F(HostRenderNode, KeepsNoDescriptorOfAThousandAllocations) {
  ASSERT_TRUE(allocator_->allocate(16, 16, *parse_fourcc("XR24")));
  auto before = count_open_fds();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(allocator_->allocate(16, 16, *parse_fourcc("XR24")));
  }
  EXPECT_EQ(count_open_fds(), before);
}

}  // namespace
}  // namespace vm_control
