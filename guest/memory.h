// SPDX-License-Identifier: BSD-3-Clause
// Work on ranges of memory in few instructions, as some hosts interpret each of them. Both take any
// address and length and touch nothing outside. They are meant for memory, not for registers: the
// order and width of the accesses is no promise.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

void fill_bytes(uintptr_t address, uint32_t length, uint8_t byte);

// The sum of the bytes modulo 2^32. Reads each byte once, so memory that others write meanwhile
// gives the sum of what was read.
uint32_t sum_bytes(uintptr_t address, uint32_t length);

}  // namespace vm_control::guest
