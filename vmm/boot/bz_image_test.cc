// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/bz_image.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

TEST(BzImage, RunsWhereItPrefersAndIsEnteredBehindItsFirstSector) {
  FileBytes file = bz_image(good_header());
  auto image = parse_bz_image(file);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->how, LinuxImage::Entry::k64Bit);
  ASSERT_EQ(image->segments.size(), 1u);
  EXPECT_EQ(image->segments[0].range.start().value(), 16 * kMebibyte);
  EXPECT_EQ(image->segments[0].range.size(), 4 * kMebibyte);
  EXPECT_EQ(image->segments[0].content.data(), file.data() + kSetupSize);
  EXPECT_EQ(image->segments[0].content.size(), kCodeSize);
  EXPECT_EQ(image->entry.value(), 16 * kMebibyte + 0x200);
}

TEST(BzImage, TellsItsLimitsAndItsHeader) {
  setup_header header = good_header();
  header.initrd_addr_max = 0x37ff'ffff;
  header.cmdline_size = 255;
  auto image = parse_bz_image(bz_image(header));
  EXPECT_EQ(image->initrd_last.value(), 0x37ff'ffffu);
  EXPECT_EQ(image->command_line_size, 255u);
  EXPECT_EQ(copy_of(image->header.init_size), 4 * kMebibyte);
}

TEST(BzImage, HasNoFieldsBehindTheEndOfItsHeader) {
  setup_header header = good_header();
  header.jump = 0xeb | 0x62 << 8;  // as in version 2.12: the header ends with init_size
  header.handover_offset = header.kernel_info_offset = 0xdead'beef;
  auto image = parse_bz_image(bz_image(header));
  ASSERT_TRUE(image);
  EXPECT_EQ(copy_of(image->header.init_size), 4 * kMebibyte);
  EXPECT_EQ(copy_of(image->header.handover_offset), 0u);
  EXPECT_EQ(copy_of(image->header.kernel_info_offset), 0u);
}

TEST(BzImage, WithoutAPreferenceRunsAtOneMebibyteAtLeastAndAligned) {
  setup_header header = good_header();
  header.pref_address = 0;
  EXPECT_EQ(parse_bz_image(bz_image(header))->segments[0].range.start().value(), 2 * kMebibyte);
  header.kernel_alignment = 4096;
  EXPECT_EQ(parse_bz_image(bz_image(header))->segments[0].range.start().value(), kMebibyte);
}

TEST(BzImage, ThatCountsNoSectorsHasFour) {
  setup_header header = good_header();
  header.setup_sects = 0;
  FileBytes file = bz_image(header);
  file.resize(5 * 512 + kCodeSize);
  auto image = parse_bz_image(file);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->segments[0].content.data(), file.data() + 5 * 512);
}

TEST(BzImage, LeavesAloneWhatFollowsItsCode) {
  FileBytes file = bz_image(good_header());
  file.resize(file.size() + 100);
  EXPECT_EQ(parse_bz_image(file)->segments[0].content.size(), kCodeSize);
}

TEST(BzImage, ThatIsCutOffAnywhereIsRefused) {
  FileBytes file = bz_image(good_header());
  for (size_t size = 0; size < file.size(); ++size) {
    auto image = parse_bz_image(std::span(file).first(size));
    ASSERT_FALSE(image) << size;
    EXPECT_EQ(image.error().code(), ENOEXEC);
  }
}

struct Damage {
  const char* name;
  std::function<void(setup_header&)> apply;
  int code;
  const char* text;  // in the message
};

class BzImageDamage : public testing::TestWithParam<Damage> {};

TEST_P(BzImageDamage, IsNamed) {
  setup_header header = good_header();
  GetParam().apply(header);
  auto image = parse_bz_image(bz_image(header));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), GetParam().code);
  EXPECT_NE(image.error().message().find(GetParam().text), std::string::npos)
      << image.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    All, BzImageDamage,
    testing::Values(
        Damage{"NoBootFlag", [](auto& h) { h.boot_flag = 0; }, ENOEXEC, "no bzImage"},
        Damage{"OldProtocol", [](auto& h) { h.version = 0x0205; }, ENOEXEC, "version 2.05"},
        Damage{"A32BitKernel", [](auto& h) { h.xloadflags = 0; }, ENOEXEC, "32-bit"},
        Damage{"AZImage", [](auto& h) { h.loadflags = 0; }, ENOEXEC, "zImage"},
        Damage{"AnOddAlignment", [](auto& h) { h.kernel_alignment = 3; }, ENOEXEC, "alignment"},
        Damage{"NoAlignment", [](auto& h) { h.kernel_alignment = 0; }, ENOEXEC, "alignment"},
        Damage{"CodeBehindTheFile", [](auto& h) { h.syssize = UINT32_MAX; }, ENOEXEC, "truncated"},
        Damage{"SetupBehindTheFile", [](auto& h) { h.setup_sects = 255; }, ENOEXEC, "truncated"},
        Damage{"TooLittleCode", [](auto& h) { h.syssize = 0x20; }, ENOEXEC, "no code"},
        Damage{"AboveFourGibibytes", [](auto& h) { h.pref_address = uint64_t{1} << 32; }, EFBIG,
               "past 4 GiB"},
        Damage{"AboveAllAddresses", [](auto& h) { h.pref_address = UINT64_MAX; }, EFBIG,
               "past 4 GiB"},
        Damage{"TooLarge", [](auto& h) { h.init_size = 0xff00'0001; }, EFBIG, "past 4 GiB"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace vm_control::vmm
