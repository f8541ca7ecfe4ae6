// SPDX-License-Identifier: BSD-3-Clause
// Fills and sums ranges of memory in few instructions, as some hosts interpret each instruction.
// Both functions take any address and length, and touch nothing outside of that range. They are for
// memory, not for registers: they promise neither the order nor the width of their accesses.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

void fill_bytes(uintptr_t address, uint32_t length, uint8_t byte);

// The sum of the bytes modulo 2^32. It reads each byte once, also if others write meanwhile.
uint32_t sum_bytes(uintptr_t address, uint32_t length);

}  // namespace vm_control::guest
