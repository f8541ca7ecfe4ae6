// SPDX-License-Identifier: BSD-3-Clause
// What the compiler calls by itself even in freestanding code. In assembler, or it would find a
// loop that copies and turn it into a call of itself.
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
