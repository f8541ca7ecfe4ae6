// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/entry_state.h"

#include <cstring>

#include "vm_control/base/page.h"
#include "vmm/boot/flat_segment.h"
#include "vmm/boot/low_memory.h"

namespace vm_control::vmm {
namespace {

constexpr uint64_t kEntriesOfTable = kPageSize / sizeof(uint64_t);
constexpr uint64_t kGibibytes = 4;

// The places in the GDT. Linux asks for the first two: __BOOT_CS and __BOOT_DS.
constexpr uint16_t kCodeSelector = 0x10;
constexpr uint16_t kDataSelector = 0x18;
constexpr uint16_t kTaskSelector = 0x20;

constexpr uint8_t kTaskType = 0xb;  // a busy TSS

constexpr uint64_t kCr0Protection = uint64_t{1} << 0;
constexpr uint64_t kCr0ExtensionType = uint64_t{1} << 4;
constexpr uint64_t kCr0Paging = uint64_t{1} << 31;
constexpr uint64_t kCr4PhysicalAddressExtension = uint64_t{1} << 5;
constexpr uint64_t kEferLongMode = (uint64_t{1} << 8) | (uint64_t{1} << 10);  // enabled, active

kvm_segment code_segment(LinuxImage::Entry how) {
  return flat_segment(kCodeSelector, kCodeSegment, how == LinuxImage::Entry::k64Bit);
}

kvm_segment data_segment() {
  return flat_segment(kDataSelector, kDataSegment);
}

kvm_segment task_segment() {
  constexpr uint32_t kLimit = 0x67;
  kvm_segment segment{};
  segment.limit = kLimit;
  segment.selector = kTaskSelector;
  segment.type = kTaskType;
  segment.present = 1;
  return segment;
}

// Source: Intel SDM volume 3, figure 3-8. Bases are 0 here.
uint64_t descriptor(const kvm_segment& segment) {
  uint64_t limit = segment.g ? segment.limit >> 12 : segment.limit;
  uint64_t attributes = segment.type | uint64_t{segment.s} << 4 | uint64_t{segment.present} << 7 |
                        uint64_t{segment.l} << 13 | uint64_t{segment.db} << 14 |
                        uint64_t{segment.g} << 15;
  return (limit & 0xffff) | (limit & 0xf'0000) << 32 | attributes << 40;
}

}  // namespace

std::vector<std::byte> identity_map(GuestAddress address) {
  constexpr uint64_t kPresentWritable = 0x3;
  constexpr uint64_t kLargePage = uint64_t{1} << 7;
  // One table of level 4, one of level 3, then those of level 2, which have the pages.
  constexpr uint64_t kTables = 2 + kGibibytes;
  std::vector<uint64_t> entries(kTables * kEntriesOfTable);
  auto table = [&](uint64_t index) { return (address.value() + index * kPageSize); };
  entries[0] = table(1) | kPresentWritable;
  for (uint64_t each = 0; each < kGibibytes; ++each) {
    entries[kEntriesOfTable + each] = table(2 + each) | kPresentWritable;
  }
  for (uint64_t page = 0; page < kGibibytes * kEntriesOfTable; ++page) {
    entries[2 * kEntriesOfTable + page] = page * kHugePageSize | kLargePage | kPresentWritable;
  }
  std::vector<std::byte> bytes(entries.size() * sizeof(uint64_t));
  std::memcpy(bytes.data(), entries.data(), bytes.size());
  return bytes;
}

BootGdt boot_gdt(LinuxImage::Entry how) {
  // The last entry is the upper half of the task segment's in long mode.
  return {
      0, 0, descriptor(code_segment(how)), descriptor(data_segment()), descriptor(task_segment()),
      0};
}

void set_entry_mode(kvm_sregs& sregs, LinuxImage::Entry how) {
  sregs.cs = code_segment(how);
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data_segment();
  sregs.tr = task_segment();
  sregs.gdt = {};
  sregs.gdt.base = low_memory::kGdt.value();
  sregs.gdt.limit = sizeof(BootGdt) - 1;
  // No exception can be delivered before the kernel has a table for them.
  sregs.idt = {};
  sregs.cr0 = kCr0Protection | kCr0ExtensionType;
  sregs.cr4 = 0;
  if (how == LinuxImage::Entry::kPvh) return;
  sregs.cr0 |= kCr0Paging;
  sregs.cr3 = low_memory::kPageTables.value();
  sregs.cr4 = kCr4PhysicalAddressExtension;
  sregs.efer |= kEferLongMode;
}

kvm_regs entry_regs(const LinuxEntry& entry) {
  constexpr uint64_t kAlwaysSet = 2;  // bit 1 of the flags; interrupts are off
  kvm_regs regs{};
  regs.rip = entry.address.value();
  regs.rflags = kAlwaysSet;
  uint64_t info = low_memory::kBootInfo.value();
  if (entry.how == LinuxImage::Entry::k64Bit) {
    regs.rsi = info;
  } else {
    regs.rbx = info;
  }
  return regs;
}

}  // namespace vm_control::vmm
