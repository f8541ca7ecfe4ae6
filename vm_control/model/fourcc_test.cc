// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/fourcc.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

TEST(Fourcc, ReadsTheFirstCharacterIntoTheLowestByte) {
  EXPECT_EQ(parse_fourcc("XR24"), 0x34325258u);
  EXPECT_EQ(parse_fourcc("NV12"), 0x3231564eu);
}

TEST(Fourcc, FillsShortNamesUpWithSpaces) {
  EXPECT_EQ(parse_fourcc("R8"), 0x20203852u);
  EXPECT_EQ(parse_fourcc("R8  "), 0x20203852u);
  EXPECT_EQ(parse_fourcc("Y"), 0x20202059u);
}

TEST(Fourcc, RefusesWhatIsNotOneToFourPrintableCharacters) {
  for (std::string_view name : {"", "    ", " R8", "XR240", "XR2\n", "XR2\x7f", "\xc3\xa9"}) {
    auto fourcc = parse_fourcc(name);
    ASSERT_FALSE(fourcc) << name;
    EXPECT_EQ(fourcc.error().code(), EINVAL);
  }
  EXPECT_FALSE(parse_fourcc(std::string_view("XR\0", 3)));
}

TEST(Fourcc, WritesTheNameThatReadsAsIt) {
  for (const char* name : {"XR24", "NV12", "R8", "Y", "A B", "~~~~"}) {
    EXPECT_EQ(fourcc_name(*parse_fourcc(name)), name);
  }
}

TEST(Fourcc, WritesANumberWhereThereIsNoName) {
  EXPECT_EQ(fourcc_name(0), "0x00000000");
  EXPECT_EQ(fourcc_name(0x20202020), "0x20202020");
  EXPECT_EQ(fourcc_name(0xb4325258), "0xb4325258");  // DRM_FORMAT_BIG_ENDIAN is set
}

}  // namespace
}  // namespace vm_control
