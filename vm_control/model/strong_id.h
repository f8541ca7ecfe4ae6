// SPDX-License-Identifier: BSD-3-Clause
// An integer with a meaning of its own: it converts to no other kind, and to an integer only when
// asked.
//
//   class Slot : public StrongId<Slot, uint32_t> {
//    public:
//     using StrongId::StrongId;
//   };
//
// Kinds compare with their like only.
#pragma once

#include <compare>
#include <concepts>

namespace vm_control {

template <class Kind, std::unsigned_integral Value>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(Value value) : value_(value) {}

  constexpr Value value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Value value_ = 0;
};

}  // namespace vm_control
