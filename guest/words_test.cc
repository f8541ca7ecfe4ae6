// SPDX-License-Identifier: BSD-3-Clause
#include "guest/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vm_control::guest {
namespace {

std::vector<std::string> kept(const char* line) {
  const Words words = split(line);
  std::vector<std::string> result;
  for (uint32_t i = 0; i < words.count && i < Words::kCapacity; ++i) {
    result.emplace_back(words.word[i].data, words.word[i].size);
  }
  return result;
}

using Strings = std::vector<std::string>;

TEST(Words, AreSeparatedByAnyNumberOfBlanks) {
  EXPECT_EQ(kept("peek 1"), (Strings{"peek", "1"}));
  EXPECT_EQ(kept("  peek \t 1\t"), (Strings{"peek", "1"}));
  EXPECT_EQ(kept("a"), (Strings{"a"}));
}

TEST(Words, AreNoneInABlankLine) {
  EXPECT_EQ(split("").count, 0u);
  EXPECT_EQ(split(" \t ").count, 0u);
}

TEST(Words, AreCountedBeyondTheCapacity) {
  EXPECT_EQ(split("a b c d e f g").count, 7u);
  EXPECT_EQ(kept("a b c d e f g"), (Strings{"a", "b", "c", "d", "e"}));
}

TEST(Words, EndWhereTheLineEnds) {
  EXPECT_EQ(split(Text("peek 123", 6)).word[1].size, 1u);
}

}  // namespace
}  // namespace vm_control::guest
