// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/flat_image.h"

#include <gtest/gtest.h>

#include <vector>

namespace vm_control::vmm {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
using Bytes = std::vector<std::byte>;

TEST(FlatImage, IsLoadedAtOneMebibyteAndMayFillTheRam) {
  Bytes ram(kMiB + 3);
  Bytes image{std::byte{1}, std::byte{2}, std::byte{3}};
  ASSERT_TRUE(load_flat_image(image, ram));
  EXPECT_EQ(ram[kMiB - 1], std::byte{0});
  EXPECT_EQ(Bytes(ram.begin() + kMiB, ram.end()), image);
}

TEST(FlatImage, ThatDoesNotFitIsRefused) {
  Bytes ram(kMiB + 3);
  EXPECT_EQ(load_flat_image(Bytes(4), ram).error().code(), EFBIG);
  Bytes little_ram(kPageSize);
  EXPECT_EQ(load_flat_image(Bytes(1), little_ram).error().code(), EFBIG);
}

TEST(FlatImage, ThatIsEmptyIsRefused) {
  Bytes ram(kMiB + 3);
  EXPECT_EQ(load_flat_image({}, ram).error().code(), EINVAL);
}

TEST(FlatImage, IsEnteredWithItsRamsSizeAStackAndInterruptsOff) {
  constexpr uint64_t kInterrupts = 1 << 9;
  kvm_regs regs = flat_image_regs(64 * kMiB, GuestAddress(0x8000'0000));
  EXPECT_EQ(regs.rip, kMiB);
  EXPECT_EQ(regs.rbx, 64 * kMiB);
  EXPECT_LT(regs.rsp, 640u * 1024);
  EXPECT_EQ(regs.rsp % 16, 0u);
  EXPECT_EQ(regs.rflags & kInterrupts, 0u);
}

TEST(FlatImage, IsToldWhereDeviceMemoryStartsIfItCanReachThere) {
  EXPECT_EQ(flat_image_regs(kMiB, GuestAddress(0x8000'0000)).rcx, 0x8000'0000u);
  EXPECT_EQ(flat_image_regs(kMiB, GuestAddress(uint64_t{1} << 32)).rcx, 0u);
}

TEST(FlatImage, IsEnteredInFlatProtectedModeWithoutPaging) {
  constexpr uint64_t kPaging = uint64_t{1} << 31;
  kvm_sregs sregs{};
  set_flat_protected_mode(sregs);
  EXPECT_EQ(sregs.cr0 & 1, 1u);
  EXPECT_EQ(sregs.cr0 & kPaging, 0u);
  for (const kvm_segment& segment : {sregs.cs, sregs.ds, sregs.es, sregs.ss}) {
    EXPECT_EQ(segment.base, 0u);
    EXPECT_EQ(segment.limit, UINT32_MAX);
    EXPECT_EQ(segment.db, 1);
  }
}

}  // namespace
}  // namespace vm_control::vmm
