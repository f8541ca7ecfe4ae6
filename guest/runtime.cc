// SPDX-License-Identifier: BSD-3-Clause
// The compiler calls these functions by itself, even in freestanding code. They are in assembler,
// as the compiler would turn a loop that copies into a call of the same function.
#include <stddef.h>

extern "C" {

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

}  // extern "C"
