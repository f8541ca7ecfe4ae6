// SPDX-License-Identifier: BSD-3-Clause
// A machine sets these aside for its clients: the guest addresses and ports at which they may wait
// for the guest's writes (doorbells), and the interrupts that they may raise.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/guest_range.h"

namespace vm_control {

// `count` numbers from `first` on, maybe none.
struct NumberRange {
  uint32_t first = 0;
  uint32_t count = 0;

  constexpr bool contains(uint64_t number, uint64_t width = 1) const {
    return number >= first && width <= count && number - first <= count - width;
  }
  bool operator==(const NumberRange&) const = default;
};

struct EventRanges {
  std::optional<GuestRange> doorbells;  // guest-physical addresses, outside device memory
  NumberRange doorbell_ports;           // x86 I/O ports
  NumberRange interrupts;               // GSIs
  uint32_t gsis = 0;                    // how many the machine has in all
};

}  // namespace vm_control
