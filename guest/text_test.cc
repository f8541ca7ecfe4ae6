// SPDX-License-Identifier: BSD-3-Clause
#include "guest/text.h"

#include <gtest/gtest.h>

#include <string>

namespace vm_control::guest {
namespace {

std::string string(const Line& line) {
  return {line.text().data, line.text().size};
}

TEST(Text, IsEqualByItsCharacters) {
  EXPECT_TRUE(Text("peek") == Text("peek now", 4));
  EXPECT_FALSE(Text("peek") == Text("poke"));
  EXPECT_FALSE(Text("peek") == Text("pee"));
  EXPECT_TRUE(Text() == Text(""));
}

TEST(Line, AppendsTextAndNumbers) {
  Line line;
  line.add("a ").add_decimal(0).add(" ").add_decimal(4294967295).add(" ").add_hex(0x1a);
  EXPECT_EQ(string(line), "a 0 4294967295 0x0000001a");
}

TEST(Line, DropsWhatNoLongerFits) {
  Line line;
  for (uint32_t i = 0; i < Line::kCapacity; ++i) line.add("xy");
  line.add_hex(1);
  EXPECT_EQ(line.text().size, Line::kCapacity);
}

}  // namespace
}  // namespace vm_control::guest
