// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/page_ranges.h"

#include <algorithm>

namespace vm_control::vmctl {

std::vector<PageRange> page_ranges(std::span<const uint64_t> bitmap, GuestAddress start,
                                   uint64_t size) {
  constexpr uint64_t kWordBits = 64;
  uint64_t pages = std::min<uint64_t>(size / kPageSize, bitmap.size() * kWordBits);
  std::vector<PageRange> ranges;
  bool is_open = false;  // whether the next page may extend the last range
  for (uint64_t page = 0; page < pages; ++page) {
    bool is_set = bitmap[page / kWordBits] >> (page % kWordBits) & 1;
    if (is_set && is_open) ranges.back().size += kPageSize;
    if (is_set && !is_open) {
      ranges.push_back({GuestAddress(start.value() + page * kPageSize), kPageSize});
    }
    is_open = is_set;
  }
  return ranges;
}

}  // namespace vm_control::vmctl
