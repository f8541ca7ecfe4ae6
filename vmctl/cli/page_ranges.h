// SPDX-License-Identifier: BSD-3-Clause
// Turns a bitmap of pages into ranges of guest addresses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmctl {

struct PageRange {
  GuestAddress start;
  uint64_t size = 0;  // bytes

  bool operator==(const PageRange&) const = default;
};

// Returns the ranges of pages whose bits are set, sorted by address.
//
// bitmap       one bit for each page of 4 KiB, the lowest first; bits beyond `size` are ignored.
// start, size  the region in bytes, which does not pass the end of the address space.
std::vector<PageRange> page_ranges(std::span<const uint64_t> bitmap, GuestAddress start,
                                   uint64_t size);

}  // namespace vm_control::vmctl
