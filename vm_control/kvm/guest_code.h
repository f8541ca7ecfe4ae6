// SPDX-License-Identifier: BSD-3-Clause
// Tiny guests for tests, assembled into the test program: GUEST_CODE16(name, "hlt") defines `name`,
// a span of the bytes that the instructions assemble to. AT&T syntax. The whole test program shares
// its labels, so write them as numbers: "1: jmp 1b".
#pragma once

#include <cstddef>
#include <span>

#define GUEST_CODE(name, mode, instructions)                                       \
  asm(".pushsection .rodata\n" mode "\n" #name "_begin:\n" instructions "\n" #name \
      "_end:\n.code64\n.popsection");                                              \
  extern "C" const std::byte name##_begin[];                                       \
  extern "C" const std::byte name##_end[];                                         \
  const std::span<const std::byte> name(name##_begin, name##_end)

// Code for real mode, and for flat 32-bit mode.
#define GUEST_CODE16(name, instructions) GUEST_CODE(name, ".code16", instructions)
#define GUEST_CODE32(name, instructions) GUEST_CODE(name, ".code32", instructions)
