// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/safe_text.h"

#include <gtest/gtest.h>

namespace vm_control::vmctl {
namespace {

TEST(SafeText, IsWhatItWasIfItIsPrintable) {
  for (const char* text : {"", "a b~", "\u00a0\u00e9", "\u20ac", "\U0001f600", "\\x1b"}) {
    EXPECT_EQ(safe_text(text), text);
  }
}

TEST(SafeText, EscapesWhatATerminalObeys) {
  EXPECT_EQ(safe_text("\x1b[2J\a\x7f"), "\\x1b[2J\\x07\\x7f");
  EXPECT_EQ(safe_text(std::string(1, '\0')), "\\x00");
  EXPECT_EQ(safe_text("\u009b"), "\\xc2\\x9b");
  EXPECT_EQ(safe_text("\u202e"), "\\xe2\\x80\\xae") << "it turns the direction of writing";
}

TEST(SafeText, KeepsOneControlCharacterIfItIsToldTo) {
  EXPECT_EQ(safe_text("a\nb\r", '\n'), "a\nb\\x0d");
  EXPECT_EQ(safe_text("a\nb"), "a\\x0ab");
}

TEST(SafeText, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(safe_text("a\x80z"), "a\\x80z");
  EXPECT_EQ(safe_text("\xc3"), "\\xc3") << "it ends early";
  EXPECT_EQ(safe_text("\xc3z"), "\\xc3z");
  EXPECT_EQ(safe_text("\xc0\x9b"), "\\xc0\\x9b") << "it is too long for what it says";
  EXPECT_EQ(safe_text("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "half of a pair";
  EXPECT_EQ(safe_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past the last";
  EXPECT_EQ(safe_text("\xff\xfe"), "\\xff\\xfe");
}

}  // namespace
}  // namespace vm_control::vmctl
