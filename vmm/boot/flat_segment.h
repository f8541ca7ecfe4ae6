// SPDX-License-Identifier: BSD-3-Clause
// A segment of 4 GiB from 0, as guests are entered with.
// Source: Intel SDM volume 3, 3.4.5.1, types of code and data segments.
#pragma once

#include <linux/kvm.h>

#include <cstdint>

namespace vm_control::vmm {

inline constexpr uint8_t kCodeSegment = 0xb;  // executable, readable, accessed
inline constexpr uint8_t kDataSegment = 0x3;  // writable, accessed

// type       one of the above.
// is_64_bit  its code runs in long mode; otherwise the segment is of 32 bits.
inline kvm_segment flat_segment(uint16_t selector, uint8_t type, bool is_64_bit = false) {
  return {.base = 0,
          .limit = UINT32_MAX,
          .selector = selector,
          .type = type,
          .present = 1,
          .dpl = 0,
          .db = static_cast<uint8_t>(is_64_bit ? 0 : 1),
          .s = 1,
          .l = static_cast<uint8_t>(is_64_bit ? 1 : 0),
          .g = 1,
          .avl = 0,
          .unusable = 0,
          .padding = 0};
}

}  // namespace vm_control::vmm
