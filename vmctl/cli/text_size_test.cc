// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/text_size.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace vm_control::vmctl {
namespace {

TEST(Wrap, BreaksAtSpacesAndKeepsTheIndentation) {
  EXPECT_EQ(wrap("one two three", 8), "one two\nthree");
  EXPECT_EQ(wrap("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrap("  one two three", 10), "  one two\n  three");
  EXPECT_EQ(wrap("  one two three", 10, 2), "  one two\n    three");
  EXPECT_EQ(wrap("one\n\ntwo  words", 80), "one\n\ntwo  words");
  EXPECT_EQ(wrap("", 80), "");
}

TEST(Wrap, CutsWordsThatAreTooLong) {
  EXPECT_EQ(wrap("abcdefghij", 4), "abcd\nefgh\nij");
  EXPECT_EQ(wrap("          abc", 8), "    abc");
  EXPECT_EQ(wrap("a abcdefghij", 4), "a\nabcd\nefgh\nij");
}

TEST(TextSizeOf, TheEnvironmentComesFirst) {
  setenv("COLUMNS", "40", 1);
  setenv("LINES", "24", 1);
  EXPECT_EQ(text_size().columns, 40u);
  EXPECT_EQ(text_size().lines, 24u);
  setenv("COLUMNS", "1", 1);
  EXPECT_EQ(text_size().columns, 20u) << "narrower, nothing can be read";
  for (const char* bad : {"", "0", "-1", "wide", "99999999999999999999999"}) {
    setenv("COLUMNS", bad, 1);
    EXPECT_GE(text_size().columns, 20u) << bad;
    EXPECT_LE(text_size().columns, 10000u) << bad;
  }
  unsetenv("COLUMNS");
  unsetenv("LINES");
}

}  // namespace
}  // namespace vm_control::vmctl
