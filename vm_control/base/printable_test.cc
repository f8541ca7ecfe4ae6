// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/printable.h"

#include <gtest/gtest.h>

namespace vm_control {
namespace {

using std::string_literals::operator""s;

TEST(Printable, TextStaysWhatItIs) {
  for (const char* text : {"", "vmctl: a b ~ \\x1b", "Grüße", "日本語", "€ 5", "🙂"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, WhatSteersATerminalIsEscaped) {
  EXPECT_EQ(printable("\x1b[2J\r\t\n\a"), "\\x1b[2J\\x0d\\x09\\x0a\\x07");
  EXPECT_EQ(printable("a\0b\x7f"s), "a\\x00b\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "CSI, of the controls above ASCII";
}

TEST(Printable, WhatHidesOrTurnsTextIsEscaped) {
  EXPECT_EQ(printable("\u202e"), "\\xe2\\x80\\xae") << "right to left";
  EXPECT_EQ(printable("\u2028"), "\\xe2\\x80\\xa8") << "line separator";
  EXPECT_EQ(printable("\u200b"), "\\xe2\\x80\\x8b") << "no width";
  EXPECT_EQ(printable("\U000e0041"), "\\xf3\\xa0\\x81\\x81") << "a tag";
}

TEST(Printable, OneControlCharacterStaysIfItMay) {
  EXPECT_EQ(printable("a\nb\r", '\n'), "a\nb\\x0d");
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
}

TEST(Printable, WhatIsNoUtf8IsEscaped) {
  EXPECT_EQ(printable("\x80z"), "\\x80z") << "a continuation alone";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut off";
  EXPECT_EQ(printable("\xe2(\xac"), "\\xe2(\\xac");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "longer than it need be";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(printable("\xff"), "\\xff");
}

}  // namespace
}  // namespace vm_control
