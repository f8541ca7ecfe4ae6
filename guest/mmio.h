// SPDX-License-Identifier: BSD-3-Clause
// 32-bit accesses to guest-physical addresses, each exactly one of the given width.
// In assembler, because for a compiler address 0 is no object.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

inline uint32_t read32(uint32_t address) {
  uint32_t value;
  asm volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
  return value;
}

inline void write32(uint32_t address, uint32_t value) {
  asm volatile("movl %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

}  // namespace vm_control::guest
