// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/linux_loader.h"

#include <gtest/gtest.h>

#include <string>

#include "vmm/boot/low_memory.h"
#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

// A machine with the RAM of a kernel that runs at 16 MiB and needs 4 MiB there.
class LinuxLoader : public testing::Test {
 protected:
  Result<LinuxEntry> load(uint64_t ram_size, const LinuxBoot& boot) {
    layout_ = *GuestLayout::create({.ram_size = ram_size});
    ram_ = *GuestRam::create(layout_->ram());
    return load_linux(*ram_, *layout_, boot);
  }

  boot_params loaded_zero_page() const { return *ram_->load<boot_params>(low_memory::kBootInfo); }

  FileBytes loaded(GuestAddress address, uint64_t size) const {
    FileBytes bytes(size);
    EXPECT_TRUE(ram_->read(address, bytes));
    return bytes;
  }

  FileBytes file_ = bz_image(good_header());
  LinuxImage image_ = *parse_linux_image(file_);
  std::optional<GuestLayout> layout_;
  std::optional<GuestRam> ram_;
};

TEST_F(LinuxLoader, PutsTheKernelWhereItWantsToBe) {
  auto entry = load(64 * kMebibyte, {.image = image_});
  ASSERT_TRUE(entry) << entry.error().message();
  EXPECT_EQ(entry->address.value(), 16 * kMebibyte + 0x200);
  EXPECT_EQ(loaded(GuestAddress(16 * kMebibyte), kCodeSize), FileBytes(kCodeSize, std::byte{0xcc}));
  EXPECT_EQ(copy_of(loaded_zero_page().hdr.header), copy_of(good_header().header));
  EXPECT_EQ(copy_of(loaded_zero_page().e820_entries), 7);
}

TEST_F(LinuxLoader, PutsTheCommandLineWithItsEnd) {
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_, .command_line = "a=b c"}));
  GuestAddress at(loaded_zero_page().hdr.cmd_line_ptr);
  EXPECT_EQ(std::memcmp(loaded(at, 6).data(), "a=b c", 6), 0);
}

TEST_F(LinuxLoader, UsesTheSerialPortUnlessToldOtherwise) {
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_}));
  GuestAddress at(loaded_zero_page().hdr.cmd_line_ptr);
  EXPECT_EQ(std::memcmp(loaded(at, 13).data(), "console=ttyS0", 13), 0);
}

TEST_F(LinuxLoader, PutsTheAcpiTablesWhereTheZeroPageSays) {
  FileBytes tables(100, std::byte{0xac});
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_, .acpi = tables}));
  EXPECT_EQ(loaded(GuestAddress(loaded_zero_page().acpi_rsdp_addr), 100), tables);
}

TEST_F(LinuxLoader, PutsTheInitrdAtTheEndOfTheRam) {
  FileBytes initrd(5000, std::byte{0x1d});
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_, .initrd = initrd}));
  boot_params page = loaded_zero_page();
  EXPECT_EQ(copy_of(page.hdr.ramdisk_image), 64 * kMebibyte - 8192);
  EXPECT_EQ(copy_of(page.hdr.ramdisk_size), 5000u);
  EXPECT_EQ(loaded(GuestAddress(page.hdr.ramdisk_image), 5000), initrd);
}

TEST_F(LinuxLoader, PutsTheInitrdNoHigherThanTheKernelAllows) {
  image_.initrd_last = GuestAddress(32 * kMebibyte - 1);
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_, .initrd = FileBytes(4096)}));
  EXPECT_EQ(copy_of(loaded_zero_page().hdr.ramdisk_image), 32 * kMebibyte - 4096);
}

TEST_F(LinuxLoader, PutsTheInitrdBelowTheKernelIfThereIsNoRoomAbove) {
  ASSERT_TRUE(load(21 * kMebibyte, {.image = image_, .initrd = FileBytes(2 * kMebibyte)}));
  EXPECT_EQ(copy_of(loaded_zero_page().hdr.ramdisk_image), 14 * kMebibyte);
}

TEST_F(LinuxLoader, RefusesAnInitrdThatDoesNotFit) {
  auto entry = load(21 * kMebibyte, {.image = image_, .initrd = FileBytes(15 * kMebibyte)});
  ASSERT_TRUE(entry) << entry.error().message();  // from 1 MiB to the kernel
  entry = load(21 * kMebibyte, {.image = image_, .initrd = FileBytes(15 * kMebibyte + 1)});
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().code(), EFBIG);
  EXPECT_NE(entry.error().message().find("16 MiB do not fit into 21 MiB"), std::string::npos)
      << entry.error().message();
}

TEST_F(LinuxLoader, RefusesAnInitrdThatMayBeNowhere) {
  image_.initrd_last = GuestAddress(0xfff);
  auto entry = load(64 * kMebibyte, {.image = image_, .initrd = FileBytes(1)});
  EXPECT_EQ(entry.error().code(), EFBIG);
}

TEST_F(LinuxLoader, RefusesAKernelThatDoesNotFit) {
  EXPECT_TRUE(load(20 * kMebibyte, {.image = image_}));
  auto entry = load(20 * kMebibyte - kPageSize, {.image = image_});
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().code(), EFBIG);
  EXPECT_NE(entry.error().message().find("memory up to 20 MiB"), std::string::npos)
      << entry.error().message();
  EXPECT_EQ(load(kPageSize, {.image = image_}).error().code(), EFBIG);
}

TEST_F(LinuxLoader, RefusesACommandLineThatTheKernelDoesNotTake) {
  image_.command_line_size = 5;
  EXPECT_TRUE(load(64 * kMebibyte, {.image = image_, .command_line = "12345"}));
  auto entry = load(64 * kMebibyte, {.image = image_, .command_line = "123456"});
  EXPECT_EQ(entry.error().code(), EFBIG);
  entry = load(64 * kMebibyte, {.image = image_, .command_line = {"1\0002", 3}});
  EXPECT_EQ(entry.error().code(), EINVAL);
}

TEST_F(LinuxLoader, RefusesACommandLineThatItHasNoRoomFor) {
  image_.command_line_size = UINT32_MAX;
  std::string longest(low_memory::kCommandLineRoom - 1, 'x');
  EXPECT_TRUE(load(64 * kMebibyte, {.image = image_, .command_line = longest}));
  longest += 'x';
  auto entry = load(64 * kMebibyte, {.image = image_, .command_line = longest});
  EXPECT_EQ(entry.error().code(), EFBIG);
}

TEST_F(LinuxLoader, RefusesAcpiTablesThatAreTooLarge) {
  FileBytes tables(low_memory::kAcpiRoom);
  EXPECT_TRUE(load(64 * kMebibyte, {.image = image_, .acpi = tables}));
  tables.emplace_back();
  EXPECT_EQ(load(64 * kMebibyte, {.image = image_, .acpi = tables}).error().code(), EFBIG);
}

TEST_F(LinuxLoader, LoadsEachSegmentOfAnElfKernel) {
  file_ = good_elf().build();
  image_ = *parse_linux_image(file_);
  auto entry = load(64 * kMebibyte, {.image = image_, .initrd = FileBytes(1)});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->how, LinuxImage::Entry::k64Bit);
  EXPECT_EQ(loaded(GuestAddress(16 * kMebibyte), 128), FileBytes(128, std::byte{0xcc}));
  EXPECT_EQ(loaded(GuestAddress(18 * kMebibyte), 64), FileBytes(64, std::byte{0xdd}));
}

TEST_F(LinuxLoader, GivesAPvhKernelItsStartInfo) {
  ElfBuilder elf = good_elf();
  elf.add_notes(pvh_note(uint64_t{16 * kMebibyte}));
  file_ = elf.build();
  image_ = *parse_linux_image(file_);
  auto entry = load(64 * kMebibyte, {.image = image_});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->how, LinuxImage::Entry::kPvh);
  EXPECT_EQ(ram_->load<uint32_t>(low_memory::kBootInfo), 0x336e'c578u);
}

TEST_F(LinuxLoader, PutsCodeWhereABiosIsEnteredForAReset) {
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_}));
  constexpr uint8_t kPullResetLine[] = {0xb0, 0xfe, 0xe6, 0x64};
  EXPECT_EQ(std::memcmp(loaded(low_memory::kResetVector, 4).data(), kPullResetLine, 4), 0);
}

TEST_F(LinuxLoader, PutsTheTablesThatTheFirstVcpuUses) {
  ASSERT_TRUE(load(64 * kMebibyte, {.image = image_}));
  EXPECT_EQ(ram_->load<BootGdt>(low_memory::kGdt), boot_gdt(LinuxImage::Entry::k64Bit));
  auto tables = identity_map(low_memory::kPageTables);
  EXPECT_EQ(loaded(low_memory::kPageTables, tables.size()), tables);
}

}  // namespace
}  // namespace vm_control::vmm
