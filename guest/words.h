// SPDX-License-Identifier: BSD-3-Clause
// Splits a line into words.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

// The words of a line, which spaces and tabs separate. They are views of the line.
struct Words {
  static constexpr uint32_t kCapacity = 5;

  Text word[kCapacity];
  // Counts all words of the line, of which `word` has the first kCapacity.
  uint32_t count = 0;
};

Words split(Text line);

}  // namespace vm_control::guest
