// SPDX-License-Identifier: BSD-3-Clause
// A bitmap of pages as the ranges of guest addresses that it stands for.
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

// The ranges whose bits are set, by address.
//
// bitmap  a bit for each page of 4 KiB, the lowest first; bits beyond `size` are ignored.
// start   of the region, and its `size` in bytes; they do not pass the end of the address space.
std::vector<PageRange> page_ranges(std::span<const uint64_t> bitmap, GuestAddress start,
                                   uint64_t size);

}  // namespace vm_control::vmctl
