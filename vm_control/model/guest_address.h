// SPDX-License-Identifier: BSD-3-Clause
// Places in the guest's physical address space: a GuestAddress counts bytes, a PageFrameNumber
// counts 4 KiB pages. Arithmetic that can overflow is checked.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/base/page.h"
#include "vm_control/model/strong_id.h"

namespace vm_control {

class GuestAddress : public StrongId<GuestAddress, uint64_t> {
 public:
  using StrongId::StrongId;

  // The address `bytes` further on; nothing if that is past the end of the address space.
  constexpr std::optional<GuestAddress> checked_add(uint64_t bytes) const {
    if (bytes > UINT64_MAX - value()) return std::nullopt;
    return GuestAddress(value() + bytes);
  }

  // The first address from this one on that is a multiple of `alignment`, a power of two.
  constexpr std::optional<GuestAddress> checked_align_up(uint64_t alignment) const {
    auto past = checked_add(alignment - 1);
    if (!past) return std::nullopt;
    return GuestAddress(past->value() & ~(alignment - 1));
  }

  // The last address up to this one that is a multiple of `alignment`, a power of two.
  constexpr GuestAddress align_down(uint64_t alignment) const {
    return GuestAddress(value() & ~(alignment - 1));
  }

  // alignment  a power of two.
  constexpr bool is_aligned(uint64_t alignment) const { return (value() & (alignment - 1)) == 0; }
};

class PageFrameNumber : public StrongId<PageFrameNumber, uint64_t> {
 public:
  using StrongId::StrongId;

  // The page that contains `address`.
  static constexpr PageFrameNumber of(GuestAddress address) {
    return PageFrameNumber(address.value() / kPageSize);
  }

  // The first byte of the page; nothing if that is past the end of the address space.
  constexpr std::optional<GuestAddress> checked_address() const {
    if (value() > UINT64_MAX / kPageSize) return std::nullopt;
    return GuestAddress(value() * kPageSize);
  }
};

}  // namespace vm_control
