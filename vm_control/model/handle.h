// SPDX-License-Identifier: BSD-3-Clause
// The name of something that a client registered: 64 bits, never used again.
#pragma once

#include <compare>
#include <cstdint>

namespace vm_control {

class Handle {
 public:
  // Names nothing.
  constexpr Handle() = default;
  constexpr explicit Handle(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr auto operator<=>(const Handle&) const = default;

 private:
  uint64_t value_ = 0;
};

}  // namespace vm_control
