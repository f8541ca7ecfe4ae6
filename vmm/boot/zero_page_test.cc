// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/zero_page.h"

#include <gtest/gtest.h>

#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

TEST(ZeroPage, HasTheKernelsHeaderAndWhatTheLoaderAdds) {
  const E820Entry map[] = {{*GuestRange::create(GuestAddress(0), 0x9000), E820Type::kRam},
                           {*GuestRange::create(GuestAddress(0xe000), 7), E820Type::kAcpi}};
  boot_params page =
      zero_page(good_header(), {.command_line = GuestAddress(0x2'0000),
                                .initrd = *GuestRange::create(GuestAddress(0x100'0000), 0x1234),
                                .rsdp = GuestAddress(0xe'0000),
                                .memory_map = map});
  EXPECT_EQ(copy_of(page.hdr.header), copy_of(good_header().header));
  EXPECT_EQ(copy_of(page.hdr.kernel_alignment), copy_of(good_header().kernel_alignment));
  EXPECT_EQ(copy_of(page.hdr.type_of_loader), 0xff);
  EXPECT_EQ(copy_of(page.hdr.cmd_line_ptr), 0x2'0000u);
  EXPECT_EQ(copy_of(page.hdr.ramdisk_image), 0x100'0000u);
  EXPECT_EQ(copy_of(page.hdr.ramdisk_size), 0x1234u);
  EXPECT_EQ(copy_of(page.acpi_rsdp_addr), 0xe'0000u);
  ASSERT_EQ(copy_of(page.e820_entries), 2);
  EXPECT_EQ(copy_of(page.e820_table[0].size), 0x9000u);
  EXPECT_EQ(copy_of(page.e820_table[1].addr), 0xe000u);
  EXPECT_EQ(copy_of(page.e820_table[1].type), 3u);
}

TEST(ZeroPage, WithoutAnInitrdSaysSo) {
  boot_params page = zero_page(good_header(), {});
  EXPECT_EQ(copy_of(page.hdr.ramdisk_image), 0u);
  EXPECT_EQ(copy_of(page.hdr.ramdisk_size), 0u);
}

}  // namespace
}  // namespace vm_control::vmm
