// SPDX-License-Identifier: BSD-3-Clause
// A dma-buf, as a GPU's driver exports it, which a client shows to the guest.
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstring>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vgem.h"
#include "tests/integration/test_vm.h"
#include "vm_control/resources/memory_source.h"

namespace vm_control {
namespace {

class DmaBufTest : public SocketTest {
 protected:
  static constexpr uint32_t kPages = 3;
  static constexpr uint64_t kSize = kPages * kPageSize;

  void SetUp() override {
    auto vgem = open_vgem();
    if (!vgem) GTEST_SKIP() << "this host has no vgem that this user may open";
    SocketTest::SetUp();
    if (IsSkipped()) return;
    auto dma_buf = create_dma_buf(vgem->get(), kPages);
    ASSERT_TRUE(dma_buf) << dma_buf.error().message();
    dma_buf_ = *std::move(dma_buf);
    auto mapping = MemoryMapping::shared(dma_buf_.get(), 0, kSize);
    ASSERT_TRUE(mapping) << mapping.error().message();
    mapping_ = *std::move(mapping);
  }

  uint32_t word(uint64_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, mapping_.data() + offset, sizeof(value));
    return value;
  }
  void set_word(uint64_t offset, uint32_t value) {
    std::memcpy(mapping_.data() + offset, &value, sizeof(value));
  }

  UniqueFd dma_buf_;
  MemoryMapping mapping_;
};

TEST_P(DmaBufTest, IsSharedWithTheGuest) {
  auto region = client().register_memory(dma_buf_.get(), kSize);
  ASSERT_TRUE(region) << region.error().message();
  uint64_t address = address_of(region->pfn);
  dma_buf_.reset();  // the VM has it, too
  set_word(kPageSize, 0x1234'5678);
  EXPECT_EQ(guest().peek(address + kPageSize), 0x1234'5678u);
  guest().poke(address + kSize - 4, 0x9abc'def0);
  EXPECT_EQ(word(kSize - 4), 0x9abc'def0u);
  EXPECT_EQ(word(0), 0u);

  EXPECT_TRUE(client().unregister_memory(region->slot));
  EXPECT_EQ(guest().peek(address + kPageSize), nothing());
  guest().poke(address + kPageSize, 0x1111'1111);
  EXPECT_EQ(word(kPageSize), 0x1234'5678u);
}

TEST_P(DmaBufTest, HasOneSizeForAsLongAsItLives) {
  struct statfs status {};
  ASSERT_EQ(fstatfs(dma_buf_.get(), &status), 0);
  EXPECT_EQ(status.f_type, DMA_BUF_MAGIC);
  MemorySource source{.fd = dma_buf_.get(), .size = kSize};
  auto guarantee = check_memory_source(source, SealPolicy::kRequire, *MountTable::create());
  ASSERT_TRUE(guarantee) << guarantee.error().message();
  EXPECT_EQ(*guarantee, SizeGuarantee::kFixed);
  EXPECT_LT(ftruncate(dma_buf_.get(), kPageSize), 0);

  auto region = client().register_memory(dma_buf_.get(), kSize + kPageSize);
  ASSERT_FALSE(region);
  EXPECT_EQ(region.error().error.code(), EINVAL);
}

INSTANTIATE_OVER_BOTH_SOCKETS(DmaBufTest);

}  // namespace
}  // namespace vm_control
