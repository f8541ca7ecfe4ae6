// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/elf_notes.h"

#include <gtest/gtest.h>

#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

TEST(ElfNotes, TellAnEntryOfFourOrEightBytes) {
  EXPECT_EQ(*pvh_entry(pvh_note(uint32_t{0x10'0010}), 4), GuestAddress(0x10'0010));
  EXPECT_EQ(*pvh_entry(pvh_note(uint64_t{0x10'0010}), 4), GuestAddress(0x10'0010));
}

TEST(ElfNotes, OfOthersTellNone) {
  EXPECT_EQ(*pvh_entry({}, 4), std::nullopt);
  EXPECT_EQ(*pvh_entry(elf_note({"GNU\0", 4}, 18, FileBytes(8)), 4), std::nullopt);
  EXPECT_EQ(*pvh_entry(elf_note({"Xen\0", 4}, 17, FileBytes(8)), 4), std::nullopt);
  EXPECT_EQ(*pvh_entry(elf_note("Xen", 18, FileBytes(8)), 4), std::nullopt);
}

// A note of 20 bytes takes 24 in a segment of that alignment.
TEST(ElfNotes, StartWhereTheirSegmentAlignsThem) {
  FileBytes notes = elf_note({"GNU\0", 4}, 5, FileBytes(4));
  ASSERT_EQ(notes.size(), 20u);
  notes.resize(24);
  FileBytes pvh = pvh_note(uint64_t{7});
  notes.insert(notes.end(), pvh.begin(), pvh.end());
  EXPECT_EQ(*pvh_entry(notes, 8), GuestAddress(7));
}

TEST(ElfNotes, ThatEndPastTheirSegmentAreDamaged) {
  FileBytes note = pvh_note(uint64_t{7});
  for (size_t size = 1; size < note.size(); ++size) {
    EXPECT_EQ(pvh_entry(std::span(note).first(size), 4).error().code(), ENOEXEC) << size;
  }
}

TEST(ElfNotes, WithAnAddressOfAnotherSizeAreDamaged) {
  for (size_t size : {0u, 3u, 5u, 16u}) {
    auto note = elf_note({"Xen\0", 4}, 18, FileBytes(size));
    EXPECT_EQ(pvh_entry(note, 4).error().code(), ENOEXEC) << size;
  }
}

TEST(ElfNotes, OfSizesThatOverflowAreDamaged) {
  FileBytes note;
  append_to(note, Elf64_Nhdr{.n_namesz = UINT32_MAX, .n_descsz = UINT32_MAX, .n_type = 18});
  EXPECT_EQ(pvh_entry(note, 4).error().code(), ENOEXEC);
}

}  // namespace
}  // namespace vm_control::vmm
