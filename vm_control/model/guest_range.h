// SPDX-License-Identifier: BSD-3-Clause
// A range of guest-physical addresses, never empty and never past the end of the address space.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"

namespace vm_control {

class GuestRange {
 public:
  // The `size` bytes from `start`. Errors: EINVAL (size 0, or past the end of the address space).
  static Result<GuestRange> create(GuestAddress start, uint64_t size);

  constexpr GuestAddress start() const { return start_; }
  // Bytes, at least 1.
  constexpr uint64_t size() const { return size_; }
  // The last byte of the range. (The one after it may not exist.)
  constexpr GuestAddress last() const { return GuestAddress(start_.value() + (size_ - 1)); }

  constexpr bool contains(GuestAddress address) const {
    return start_ <= address && address <= last();
  }
  constexpr bool contains(const GuestRange& other) const {
    return start_ <= other.start_ && other.last() <= last();
  }
  constexpr bool overlaps(const GuestRange& other) const {
    return start_ <= other.last() && other.start_ <= last();
  }
  // Whether both ends are multiples of `alignment`, a power of two.
  constexpr bool is_aligned(uint64_t alignment) const {
    return start_.is_aligned(alignment) && (size_ & (alignment - 1)) == 0;
  }

  constexpr bool operator==(const GuestRange&) const = default;

 private:
  constexpr GuestRange(GuestAddress start, uint64_t size) : start_(start), size_(size) {}

  GuestAddress start_;
  uint64_t size_;
};

}  // namespace vm_control
