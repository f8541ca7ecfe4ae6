// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/pvh_start_info.h"

#include <gtest/gtest.h>

#include <cstring>

namespace vm_control::vmm {
namespace {

constexpr GuestAddress kPlace{0x2000};

template <class Integer>
Integer field(std::span<const std::byte> bytes, size_t offset) {
  Integer value;
  std::memcpy(&value, bytes.subspan(offset, sizeof value).data(), sizeof value);
  return value;
}

TEST(PvhStartInfo, LeadsToTheInitrdAndTheMemoryMap) {
  const E820Entry map[] = {{*GuestRange::create(GuestAddress(0), 0x9000), E820Type::kRam},
                           {*GuestRange::create(GuestAddress(0xe000), 7), E820Type::kReserved}};
  auto bytes = pvh_start_info({.command_line = GuestAddress(0x2'0000),
                               .initrd = *GuestRange::create(GuestAddress(0x100'0000), 0x1234),
                               .rsdp = GuestAddress(0xe'0000),
                               .memory_map = map},
                              kPlace);
  EXPECT_EQ(field<uint32_t>(bytes, 0), 0x336e'c578u);
  EXPECT_EQ(field<uint32_t>(bytes, 4), 1u);
  EXPECT_EQ(field<uint32_t>(bytes, 12), 1u);
  EXPECT_EQ(field<uint64_t>(bytes, 24), 0x2'0000u);
  EXPECT_EQ(field<uint64_t>(bytes, 32), 0xe'0000u);
  size_t module = field<uint64_t>(bytes, 16) - kPlace.value();
  EXPECT_EQ(field<uint64_t>(bytes, module), 0x100'0000u);
  EXPECT_EQ(field<uint64_t>(bytes, module + 8), 0x1234u);
  ASSERT_EQ(field<uint32_t>(bytes, 48), 2u);
  size_t second = field<uint64_t>(bytes, 40) - kPlace.value() + 24;
  EXPECT_EQ(field<uint64_t>(bytes, second), 0xe000u);
  EXPECT_EQ(field<uint64_t>(bytes, second + 8), 7u);
  EXPECT_EQ(field<uint32_t>(bytes, second + 16), 2u);
  EXPECT_EQ(bytes.size(), second + 24);
}

TEST(PvhStartInfo, WithoutAnInitrdHasNoModules) {
  auto bytes = pvh_start_info({}, kPlace);
  EXPECT_EQ(field<uint32_t>(bytes, 12), 0u);
  EXPECT_EQ(field<uint64_t>(bytes, 16), 0u);
}

}  // namespace
}  // namespace vm_control::vmm
