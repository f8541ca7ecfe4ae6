// SPDX-License-Identifier: BSD-3-Clause
// Keeps the free guest-physical addresses of a window. An allocation gets the lowest free range
// that is big enough (first fit).
//
// A released range joins its free neighbours and is used again. Every operation takes O(log n) in
// the number of free ranges: they form a treap ordered by address, in which each node also knows
// the largest block in its subtree, for each alignment.
//
// Pure bookkeeping, no system calls. The allocator itself allocates memory only while it grows to
// the largest number of free ranges that there ever were.
// Threads: not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"

namespace vm_control {

// Where an allocation may start: at any page, or only at a 2 MiB boundary.
enum class Alignment : uint8_t { kPage, kHugePage };

class RangeAllocator {
 public:
  // All of `window` is free at first. Both its ends are multiples of kPageSize.
  explicit RangeAllocator(GuestRange window);

  // Takes the lowest free range of `size` bytes.
  //
  // size    a multiple of kPageSize, greater than 0.
  // Errors  EINVAL  size is 0 or not a multiple of a page.
  //         ENOSPC  no free range is big enough.
  Result<GuestRange> allocate(uint64_t size, Alignment alignment);

  // Takes exactly `range`, and changes nothing if it can't.
  //
  // Errors  EINVAL  an end of it is not a multiple of kPageSize.
  //         ERANGE  it is not inside the window.
  //         EEXIST  a part of it is taken.
  Result<void> take(GuestRange range);

  // Frees `range`, which is an allocated range or a part of one.
  // Errors: EINVAL if it is misaligned, not inside the window, or partly free already; then nothing
  // changes.
  Result<void> release(GuestRange range);

  GuestRange window() const { return window_; }
  // The free bytes of all ranges together.
  uint64_t free_bytes() const { return free_bytes_; }
  // The number of free ranges: 1 if all is free, more if the window is fragmented.
  uint32_t free_ranges() const { return free_ranges_; }

 private:
  using Index = uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  static constexpr size_t kAlignments = 2;

  struct Node {
    uint64_t start;
    uint64_t size;
    uint32_t priority;
    Index left = kNone;
    Index right = kNone;
    std::array<uint64_t, kAlignments> best{};  // largest block in this subtree, by alignment
  };
  struct Pair {
    Index left;
    Index right;
  };

  uint64_t best(Index index, size_t alignment) const;
  void update(Index index);
  Pair split(Index root, uint64_t address);
  Index merge(Index left, Index right);
  Index find_first_fit(uint64_t size, size_t alignment) const;
  Index find_last_before(uint64_t address) const;
  Index find_first_from(uint64_t address) const;
  void insert(uint64_t start, uint64_t size);
  void erase(Index index);
  void resize(Index index, uint64_t start, uint64_t size);
  void carve(Index index, uint64_t start, uint64_t size);
  void update_down_to(Index root, Index index);

  GuestRange window_;
  std::vector<Node> nodes_;
  std::vector<Index> unused_;
  Index root_ = kNone;
  uint32_t random_ = 1;
  uint64_t free_bytes_ = 0;
  uint32_t free_ranges_ = 0;
};

}  // namespace vm_control
