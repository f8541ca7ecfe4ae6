// SPDX-License-Identifier: BSD-3-Clause
#include "guest/words.h"

namespace vm_control::guest {
namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t';
}

}  // namespace

Words split(Text line) {
  Words words;
  for (uint32_t i = 0; i < line.size;) {
    const uint32_t start = i;
    while (i < line.size && !is_blank(line.data[i])) ++i;
    if (i == start) {
      ++i;
      continue;
    }
    if (words.count < Words::kCapacity)
      words.word[words.count] = Text(line.data + start, i - start);
    ++words.count;
  }
  return words;
}

}  // namespace vm_control::guest
