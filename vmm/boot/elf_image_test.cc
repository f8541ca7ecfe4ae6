// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/elf_image.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

TEST(ElfImage, HasItsSegmentsByAddressAndIsEnteredIn64BitMode) {
  auto image = parse_elf_image(good_elf().build());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->how, LinuxImage::Entry::k64Bit);
  EXPECT_EQ(image->entry.value(), 16 * kMebibyte);
  ASSERT_EQ(image->segments.size(), 2u);
  EXPECT_EQ(image->segments[0].range.start().value(), 16 * kMebibyte);
  EXPECT_EQ(image->segments[0].content.size(), 128u);
  EXPECT_EQ(image->segments[1].range.start().value(), 18 * kMebibyte);
  EXPECT_EQ(image->segments[1].range.size(), kMebibyte);
  EXPECT_EQ(image->segments[1].content.size(), 64u);
}

TEST(ElfImage, RefersToTheBytesOfItsFile) {
  FileBytes file = good_elf().build();
  auto image = parse_elf_image(file);
  EXPECT_EQ(image->segments[0].content.data() + 128, file.data() + file.size());
  EXPECT_EQ(image->segments[0].content[0], std::byte{0xcc});
  EXPECT_EQ(image->segments[1].content[0], std::byte{0xdd});
}

TEST(ElfImage, HasTheHeaderThatLinuxLooksFor) {
  auto image = parse_elf_image(good_elf().build());
  EXPECT_EQ(copy_of(image->header.header), 0x5372'6448u);
  EXPECT_EQ(copy_of(image->header.boot_flag), 0xaa55);
}

TEST(ElfImage, IsEnteredByPvhIfItHasTheNote) {
  ElfBuilder elf = good_elf();
  FileBytes notes = elf_note({"GNU\0", 4}, 18, FileBytes(20));
  FileBytes pvh = pvh_note(uint64_t{16 * kMebibyte + 0x10});
  notes.insert(notes.end(), pvh.begin(), pvh.end());
  elf.add_notes(notes);
  auto image = parse_elf_image(elf.build());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->how, LinuxImage::Entry::kPvh);
  EXPECT_EQ(image->entry.value(), 16 * kMebibyte + 0x10);
  EXPECT_EQ(image->segments.size(), 2u);
}

TEST(ElfImage, IgnoresSegmentsWithoutMemory) {
  ElfBuilder elf = good_elf();
  elf.add_segment(0, {}, 0);
  EXPECT_EQ(parse_elf_image(elf.build())->segments.size(), 2u);
}

TEST(ElfImage, ThatIsCutOffAnywhereIsRefused) {
  FileBytes file = good_elf().build();
  for (size_t size = 0; size < file.size(); ++size) {
    auto image = parse_elf_image(std::span(file).first(size));
    ASSERT_FALSE(image) << size;
    EXPECT_EQ(image.error().code(), ENOEXEC);
  }
}

struct ElfDamage {
  const char* name;
  std::function<void(ElfBuilder&)> apply;
  int code;
  const char* text;  // in the message
};

class ElfImageDamage : public testing::TestWithParam<ElfDamage> {};

TEST_P(ElfImageDamage, IsNamed) {
  ElfBuilder elf = good_elf();
  GetParam().apply(elf);
  auto image = parse_elf_image(elf.build());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), GetParam().code);
  EXPECT_NE(image.error().message().find(GetParam().text), std::string::npos)
      << image.error().message();
}

// headers[0] is the data's, and headers[1] the code's.
INSTANTIATE_TEST_SUITE_P(
    All, ElfImageDamage,
    testing::Values(
        ElfDamage{"NoMagic", [](auto& e) { e.header.e_ident[0] = 0; }, ENOEXEC, "no ELF"},
        ElfDamage{"A32BitKernel", [](auto& e) { e.header.e_ident[EI_CLASS] = ELFCLASS32; }, ENOEXEC,
                  "32-bit"},
        ElfDamage{"NoClass", [](auto& e) { e.header.e_ident[EI_CLASS] = 0; }, ENOEXEC, "x86-64"},
        ElfDamage{"BigEndian", [](auto& e) { e.header.e_ident[EI_DATA] = ELFDATA2MSB; }, ENOEXEC,
                  "x86-64"},
        ElfDamage{"AnotherMachine", [](auto& e) { e.header.e_machine = EM_AARCH64; }, ENOEXEC,
                  "x86-64"},
        ElfDamage{"AnObjectFile", [](auto& e) { e.header.e_type = ET_REL; }, ENOEXEC,
                  "no executable"},
        ElfDamage{"OddProgramHeaders", [](auto& e) { e.header.e_phentsize = 32; }, ENOEXEC,
                  "program headers"},
        ElfDamage{"ProgramHeadersBehindTheFile", [](auto& e) { e.header.e_phoff = UINT64_MAX; },
                  ENOEXEC, "truncated in its program headers"},
        ElfDamage{"NoSegments", [](auto& e) { e.headers.clear(); }, ENOEXEC, "no segments"},
        ElfDamage{"ASegmentBehindTheFile", [](auto& e) { e.headers[1].p_offset = UINT64_MAX; },
                  ENOEXEC, "truncated in a segment"},
        ElfDamage{"ASegmentLargerThanTheFile", [](auto& e) { e.headers[1].p_filesz = 1 << 20; },
                  ENOEXEC, "truncated in a segment"},
        ElfDamage{"LessMemoryThanContent", [](auto& e) { e.headers[1].p_memsz = 127; }, ENOEXEC,
                  "damaged segment"},
        ElfDamage{"BelowOneMebibyte", [](auto& e) { e.headers[1].p_paddr = 0x1000; }, ENOEXEC,
                  "below 1 MiB"},
        ElfDamage{"PastFourGibibytes", [](auto& e) { e.headers[1].p_paddr = UINT64_MAX; }, EFBIG,
                  "past 4 GiB"},
        ElfDamage{"TooLarge", [](auto& e) { e.headers[0].p_memsz = UINT64_MAX; }, EFBIG,
                  "past 4 GiB"},
        ElfDamage{"Overlaps", [](auto& e) { e.headers[0].p_paddr = 15 * kMebibyte + 1; }, ENOEXEC,
                  "overlap"},
        ElfDamage{"AnEntryOutside", [](auto& e) { e.header.e_entry = 15 * kMebibyte; }, ENOEXEC,
                  "no code"},
        ElfDamage{"AnEntryInZeros", [](auto& e) { e.header.e_entry = 18 * kMebibyte + 64; },
                  ENOEXEC, "no code"},
        ElfDamage{"APvhEntryOutside",
                  [](auto& e) { e.add_notes(pvh_note(uint64_t{15 * kMebibyte})); }, ENOEXEC,
                  "no code"},
        ElfDamage{"NotesBehindTheFile",
                  [](auto& e) { e.add_notes(pvh_note(uint64_t{0})).p_filesz = 1 << 20; }, ENOEXEC,
                  "truncated in its notes"},
        ElfDamage{"DamagedNotes", [](auto& e) { e.add_notes(FileBytes(11)); }, ENOEXEC,
                  "damaged note"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace vm_control::vmm
