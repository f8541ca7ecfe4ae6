// SPDX-License-Identifier: BSD-3-Clause
// Sizes and offsets in whole units.
#pragma once

#include <cstdint>

namespace vm_control {

// The lowest multiple of `alignment` that is not below `value`, whose sum with `alignment` fits 64
// bits. For an address, whose end may not exist: GuestAddress::checked_align_up().
constexpr uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace vm_control
