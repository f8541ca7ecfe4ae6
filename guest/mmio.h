// SPDX-License-Identifier: BSD-3-Clause
// 32-bit accesses to guest-physical addresses. Each function makes exactly one access.
// They are in assembler, as a compiler may assume that there is nothing at address 0.
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
