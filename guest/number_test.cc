// SPDX-License-Identifier: BSD-3-Clause
#include "guest/number.h"

#include <gtest/gtest.h>

#include <optional>

namespace vm_control::guest {
namespace {

std::optional<uint32_t> parse(const char* text) {
  uint32_t value = 0;
  return parse_number(text, value) ? std::optional(value) : std::nullopt;
}

TEST(Number, ReadsDecimal) {
  EXPECT_EQ(parse("0"), 0u);
  EXPECT_EQ(parse("42"), 42u);
  EXPECT_EQ(parse("0042"), 42u);
  EXPECT_EQ(parse("4294967295"), 0xffffffffu);
}

TEST(Number, ReadsHexadecimalInEitherCase) {
  EXPECT_EQ(parse("0x0"), 0u);
  EXPECT_EQ(parse("0x80000000"), 0x80000000u);
  EXPECT_EQ(parse("0XabCDef"), 0xabcdefu);
  EXPECT_EQ(parse("0x00000000000000ff"), 0xffu);
  EXPECT_EQ(parse("0xffffffff"), 0xffffffffu);
}

TEST(Number, RefusesWhatDoesNotFitIn32Bits) {
  EXPECT_EQ(parse("4294967296"), std::nullopt);
  EXPECT_EQ(parse("42949672950"), std::nullopt);
  EXPECT_EQ(parse("99999999999999999999999999"), std::nullopt);
  EXPECT_EQ(parse("0x100000000"), std::nullopt);
  EXPECT_EQ(parse("0xfffffffff"), std::nullopt);
}

TEST(Number, RefusesEverythingElse) {
  for (const char* text : {"",     "x",   "0x", "0xg", "12a", "a", "-1",  "+1",  " 1",  "1 ", "1.0",
                           "0x-1", "0b1", "x1", "1x1", "/",   ":", "0x/", "0x:", "0x@", "0x`"}) {
    EXPECT_EQ(parse(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Number, LeavesTheValueWhenItRefuses) {
  uint32_t value = 7;
  EXPECT_FALSE(parse_number("12a", value));
  EXPECT_EQ(value, 7u);
}

}  // namespace
}  // namespace vm_control::guest
