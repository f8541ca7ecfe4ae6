// SPDX-License-Identifier: BSD-3-Clause
// CHECK(condition): ends the program when one of our own rules is broken, and says which and where.
//
// It is for our bugs alone: an account that is not empty when its owner goes, a call on the wrong
// thread. What a peer or a guest sent gets an Error. For sources only, so that no public header
// brings the macro along.
#pragma once

namespace vm_control::internal {

// Prints "FILE:LINE: broken rule: TEXT" on standard error, and aborts.
[[noreturn]] void fail_check(const char* file, int line, const char* text);

}  // namespace vm_control::internal

#define CHECK(condition) \
  ((condition) ? void() : ::vm_control::internal::fail_check(__FILE__, __LINE__, #condition))
