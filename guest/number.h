// SPDX-License-Identifier: BSD-3-Clause
// Numbers as people type them.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

// Reads `text` into `value`, as decimal or, after 0x, as hexadecimal. Returns false and leaves
// `value` unchanged if `text` is empty, anything else, or above 2^32 - 1.
bool parse_number(Text text, uint32_t& value);

}  // namespace vm_control::guest
