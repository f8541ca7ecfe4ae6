// SPDX-License-Identifier: BSD-3-Clause
// The number of a memory slot: KVM's, and the one that the protocol names a region by.
#pragma once

#include <compare>
#include <cstdint>

namespace vm_control {

class Slot {
 public:
  constexpr Slot() = default;
  constexpr explicit Slot(uint32_t value) : value_(value) {}

  constexpr uint32_t value() const { return value_; }
  constexpr auto operator<=>(const Slot&) const = default;

 private:
  uint32_t value_ = 0;
};

}  // namespace vm_control
