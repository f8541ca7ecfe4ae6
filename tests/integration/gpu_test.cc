// SPDX-License-Identifier: BSD-3-Clause
// A GPU buffer, drawn by the guest.
#include <algorithm>

#include "tests/integration/test_host_memory.h"
#include "tests/integration/test_vm.h"
#include "vm_control/model/fourcc.h"

namespace vm_control {
namespace {

class GpuBufferTest : public SocketTest {};

TEST_P(GpuBufferTest, ShowsTheHostWhatTheGuestDraws) {
  constexpr uint32_t kWidth = 100;
  constexpr uint32_t kHeight = 32;
  auto buffer = client().allocate_gpu_memory(kWidth, kHeight, *parse_fourcc("NV12"));
  ASSERT_TRUE(buffer) << buffer.error().message();
  const auto& [luma, chroma, none] = buffer->desc.planes;
  ASSERT_GE(luma.stride, kWidth);
  ASSERT_GE(chroma.offset, luma.stride * kHeight);
  ASSERT_EQ(none.stride, 0u);
  uint64_t size = chroma.offset + chroma.stride * (kHeight / 2);
  uint64_t mapped = (size + kPageSize - 1) / kPageSize * kPageSize;
  auto mapping = MemoryMapping::shared(buffer->fd.get(), 0, mapped);
  ASSERT_TRUE(mapping) << mapping.error().message();

  uint64_t address = address_of(buffer->pfn);
  guest().fill(address + luma.offset, uint64_t{luma.stride} * kHeight, 0x10);
  guest().fill(address + chroma.offset + 3 * chroma.stride, kWidth, 0x80);
  auto all_are = [&](uint64_t from, uint64_t length, uint8_t expected) {
    return std::ranges::all_of(mapping->bytes().subspan(from, length),
                               [&](std::byte each) { return each == std::byte(expected); });
  };
  EXPECT_TRUE(all_are(luma.offset, uint64_t{luma.stride} * kHeight, 0x10));
  EXPECT_TRUE(all_are(chroma.offset, uint64_t{chroma.stride} * 3, 0));
  EXPECT_TRUE(all_are(chroma.offset + 3 * chroma.stride, kWidth, 0x80));
  EXPECT_TRUE(all_are(chroma.offset + 3 * chroma.stride + kWidth, chroma.stride - kWidth, 0));

  mapping->data()[chroma.offset] = std::byte{0x42};
  EXPECT_EQ(guest().peek(address + chroma.offset), 0x42u);
  EXPECT_TRUE(client().unregister_memory(buffer->slot));
  EXPECT_EQ(guest().peek(address), nothing());
}

TEST_P(GpuBufferTest, OfAnUnknownFormatIsRefused) {
  auto buffer = client().allocate_gpu_memory(16, 16, *parse_fourcc("????"));
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().error.code(), EINVAL);
}

INSTANTIATE_OVER_BOTH_SOCKETS(GpuBufferTest);

}  // namespace
}  // namespace vm_control
