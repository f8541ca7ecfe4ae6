// SPDX-License-Identifier: BSD-3-Clause
// A line, taken apart.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

// The words of a line, separated by spaces and tabs. They borrow from the line.
struct Words {
  static constexpr uint32_t kCapacity = 5;

  Text word[kCapacity];
  // Counts all words of the line; only the first kCapacity are kept.
  uint32_t count = 0;
};

Words split(Text line);

}  // namespace vm_control::guest
