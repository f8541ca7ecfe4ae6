// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/e820.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace vm_control::vmm {
namespace {

constexpr uint64_t kGibibyte = uint64_t{1} << 30;

E820Entry entry(uint64_t start, uint64_t size, E820Type type) {
  return {*GuestRange::create(GuestAddress(start), size), type};
}

GuestLayout layout_of(uint64_t ram_size, std::optional<GuestAddress> device_memory = {}) {
  return *GuestLayout::create({.ram_size = ram_size,
                               .physical_bits = 40,
                               .device_memory_base = device_memory,
                               .device_memory_size = kGibibyte,
                               .has_memslots = true});
}

TEST(E820, OfASmallMachineHasItsFirstMebibyteAsOnAPc) {
  auto map = e820_of(layout_of(256 << 20));
  std::vector<E820Entry> first(map.begin(), map.begin() + 5);
  EXPECT_EQ(first, (std::vector<E820Entry>{entry(0, 0x9'fc00, E820Type::kRam),
                                           entry(0x9'fc00, 0x4'0400, E820Type::kReserved),
                                           entry(0xe'0000, 0x1'0000, E820Type::kAcpi),
                                           entry(0xf'0000, 0x1'0000, E820Type::kReserved),
                                           entry(0x10'0000, 255 << 20, E820Type::kRam)}));
}

TEST(E820, ReservesTheHoleAndDeviceMemory) {
  GuestLayout layout = layout_of(256 << 20);
  auto map = e820_of(layout);
  ASSERT_EQ(map.size(), 8u);
  EXPECT_EQ(map[5], (E820Entry{layout.hole(), E820Type::kReserved}));
  EXPECT_EQ(map[6], (E820Entry{layout.window(), E820Type::kReserved}));
  EXPECT_EQ(map[7], (E820Entry{*layout.memslots(), E820Type::kReserved}));
  EXPECT_TRUE(map[5].range.contains(*layout.events().doorbells));
}

TEST(E820, HasTheRamAboveTheHole) {
  auto map = e820_of(layout_of(5 * kGibibyte));
  EXPECT_NE(std::ranges::find(map, entry(4 * kGibibyte, 2 * kGibibyte, E820Type::kRam)), map.end());
}

TEST(E820, IsByAddressAndNothingOverlapsWhereverDeviceMemoryIs) {
  for (auto base : {std::optional<GuestAddress>(), std::optional(GuestAddress(kGibibyte))}) {
    auto map = e820_of(layout_of(512 << 20, base));
    for (size_t next = 1; next < map.size(); ++next) {
      EXPECT_LT(map[next - 1].range.last(), map[next].range.start());
    }
  }
}

TEST(E820, WithoutMoreThanTheFirstMebibyteHasNoRamAboveIt) {
  auto map = e820_of(layout_of(1 << 20));
  EXPECT_EQ(std::ranges::count(map, E820Type::kRam, &E820Entry::type), 1);
}

}  // namespace
}  // namespace vm_control::vmm
