// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/entry_state.h"

#include <gtest/gtest.h>

#include <cstring>

#include "vmm/boot/low_memory.h"

namespace vm_control::vmm {
namespace {

using How = LinuxImage::Entry;
constexpr uint64_t kPagingBit = uint64_t{1} << 31;

uint64_t entry_at(const std::vector<std::byte>& tables, uint64_t offset) {
  uint64_t entry;
  std::memcpy(&entry, tables.data() + offset, sizeof entry);
  return entry;
}

// Walks the tables as the CPU does; fails unless a large page has the address.
uint64_t translate(const std::vector<std::byte>& tables, GuestAddress base, uint64_t address) {
  uint64_t table = base.value();
  for (unsigned shift : {39u, 30u, 21u}) {
    uint64_t entry = entry_at(tables, table - base.value() + (address >> shift & 0x1ff) * 8);
    EXPECT_EQ(entry & 3, 3u) << address;
    table = entry & ~uint64_t{0xfff};
    EXPECT_EQ((entry >> 7 & 1) != 0, shift == 21);
  }
  return table + (address & 0x1f'ffff);
}

TEST(IdentityMap, MapsFourGibibytesToThemselves) {
  GuestAddress base(0x4000);
  auto tables = identity_map(base);
  EXPECT_EQ(tables.size(), 6u * 4096);
  for (uint64_t address : {uint64_t{0}, uint64_t{0x2000}, uint64_t{0x100'0200},
                           uint64_t{0x3fff'ffff}, uint64_t{0x4000'0000}, uint64_t{0xffff'ffff}}) {
    EXPECT_EQ(translate(tables, base, address), address);
  }
  EXPECT_EQ(entry_at(tables, 8), 0u);  // nothing from 512 GiB on
  EXPECT_EQ(entry_at(tables, 4096 + 4 * 8), 0u);
}

TEST(EntryState, OfA64BitKernelIsLongModeWithPaging) {
  kvm_sregs sregs{};
  set_entry_mode(sregs, How::k64Bit);
  EXPECT_EQ(sregs.cr0 & (kPagingBit | 1), kPagingBit | 1);
  EXPECT_EQ(sregs.cr3, low_memory::kPageTables.value());
  EXPECT_EQ(sregs.cr4, 0x20u);
  EXPECT_EQ(sregs.efer, 0x500u);
  EXPECT_EQ(sregs.cs.l, 1);
  EXPECT_EQ(sregs.cs.db, 0);
}

TEST(EntryState, OfPvhIsProtectedModeWithoutPaging) {
  kvm_sregs sregs{};
  sregs.cr4 = 0x10;
  set_entry_mode(sregs, How::kPvh);
  EXPECT_EQ(sregs.cr0 & (kPagingBit | 1), 1u);
  EXPECT_EQ(sregs.cr4, 0u);
  EXPECT_EQ(sregs.efer, 0u);
  EXPECT_EQ(sregs.cs.l, 0);
  EXPECT_EQ(sregs.cs.db, 1);
  EXPECT_EQ(sregs.tr.limit, 0x67u);
}

TEST(EntryState, HasLinuxsSegmentsAndTheirTable) {
  for (How how : {How::k64Bit, How::kPvh}) {
    kvm_sregs sregs{};
    set_entry_mode(sregs, how);
    EXPECT_EQ(sregs.cs.selector, 0x10);
    for (const kvm_segment& each : {sregs.ds, sregs.es, sregs.ss}) {
      EXPECT_EQ(each.selector, 0x18);
      EXPECT_EQ(each.limit, UINT32_MAX);
    }
    EXPECT_EQ(sregs.gdt.base, low_memory::kGdt.value());
    EXPECT_EQ(sregs.gdt.limit, sizeof(BootGdt) - 1);
  }
}

// The usual descriptors of flat segments.
TEST(EntryState, HasAGdtThatTheCpuCanLoadItsSegmentsFrom) {
  EXPECT_EQ(boot_gdt(How::k64Bit), (BootGdt{0, 0, 0x00af'9b00'0000'ffff, 0x00cf'9300'0000'ffff,
                                            0x0000'8b00'0000'0067, 0}));
  EXPECT_EQ(boot_gdt(How::kPvh)[2], 0x00cf'9b00'0000'ffffu);
}

TEST(EntryState, PointsToWhatTellsTheKernelAboutItsMachine) {
  kvm_regs regs = entry_regs({.how = How::k64Bit, .address = GuestAddress(0x100'0200)});
  EXPECT_EQ(regs.rip, 0x100'0200u);
  EXPECT_EQ(regs.rsi, low_memory::kBootInfo.value());
  EXPECT_EQ(regs.rflags, 2u);
  regs = entry_regs({.how = How::kPvh, .address = GuestAddress(0x100'0000)});
  EXPECT_EQ(regs.rbx, low_memory::kBootInfo.value());
  EXPECT_EQ(regs.rsi, 0u);
}

}  // namespace
}  // namespace vm_control::vmm
