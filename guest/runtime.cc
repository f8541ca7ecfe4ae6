// SPDX-License-Identifier: BSD-3-Clause
// The compiler calls these functions by itself, even in freestanding code.
#include <stddef.h>

#include "guest/power.h"

extern "C" {

// memcpy() and memset() are in assembler, as the compiler would turn a loop that copies into a call
// of the same function.
void* memcpy(void* to, const void* from, size_t size) {
  void* result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
  return result;
}

void* memset(void* to, int byte, size_t size) {
  void* result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
  return result;
}

// An interface has this instead of a function until the class that implements it is constructed.
[[noreturn]] void __cxa_pure_virtual() {
  vm_control::guest::power_off();
}

}  // extern "C"
