// SPDX-License-Identifier: BSD-3-Clause
// Where something is in the guest's physical address space.
//
// GuestAddress counts bytes, PageFrameNumber counts 4 KiB pages; neither converts to the other, or
// to an integer, unless asked. Arithmetic that can overflow is checked.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "vm_control/base/page.h"

namespace vm_control {

class GuestAddress {
 public:
  constexpr GuestAddress() = default;
  constexpr explicit GuestAddress(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr auto operator<=>(const GuestAddress&) const = default;

  // The address `bytes` further; nothing if that is past the end of the address space.
  constexpr std::optional<GuestAddress> checked_add(uint64_t bytes) const {
    if (bytes > UINT64_MAX - value_) return std::nullopt;
    return GuestAddress(value_ + bytes);
  }

  // The first address from this one on that is a multiple of `alignment`, a power of two.
  constexpr std::optional<GuestAddress> checked_align_up(uint64_t alignment) const {
    auto past = checked_add(alignment - 1);
    if (!past) return std::nullopt;
    return GuestAddress(past->value_ & ~(alignment - 1));
  }

  // alignment  a power of two.
  constexpr bool is_aligned(uint64_t alignment) const { return (value_ & (alignment - 1)) == 0; }

 private:
  uint64_t value_ = 0;
};

class PageFrameNumber {
 public:
  constexpr PageFrameNumber() = default;
  constexpr explicit PageFrameNumber(uint64_t value) : value_(value) {}

  // The page that holds `address`.
  static constexpr PageFrameNumber of(GuestAddress address) {
    return PageFrameNumber(address.value() / kPageSize);
  }

  constexpr uint64_t value() const { return value_; }
  constexpr auto operator<=>(const PageFrameNumber&) const = default;

  // The first byte of the page; nothing if that is past the end of the address space.
  constexpr std::optional<GuestAddress> checked_address() const {
    if (value_ > UINT64_MAX / kPageSize) return std::nullopt;
    return GuestAddress(value_ * kPageSize);
  }

 private:
  uint64_t value_ = 0;
};

}  // namespace vm_control
