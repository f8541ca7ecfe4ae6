// SPDX-License-Identifier: BSD-3-Clause
// Numbers as people type them.
#pragma once

#include <stdint.h>

#include "guest/text.h"

namespace vm_control::guest {

// Reads `text` as decimal, or after 0x as hexadecimal, into `value`. False, with `value` unchanged,
// if it is anything else, empty, or above 2^32 - 1.
bool parse_number(Text text, uint32_t& value);

}  // namespace vm_control::guest
