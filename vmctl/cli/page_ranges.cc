// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/page_ranges.h"

#include <algorithm>

namespace vm_control::vmctl {

void for_each_page_range(std::span<const uint64_t> bitmap, GuestAddress start, uint64_t size,
                         const std::function<void(const PageRange&)>& each) {
  constexpr uint64_t kWordBits = 64;
  uint64_t pages = std::min<uint64_t>(size / kPageSize, bitmap.size() * kWordBits);
  uint64_t set = 0;  // pages up to this one that are one range
  auto end_range = [&](uint64_t page) {
    if (set) each({GuestAddress(start.value() + (page - set) * kPageSize), set * kPageSize});
    set = 0;
  };
  for (uint64_t page = 0; page < pages; ++page) {
    if (bitmap[page / kWordBits] >> (page % kWordBits) & 1) {
      ++set;
    } else {
      end_range(page);
    }
  }
  end_range(pages);
}

}  // namespace vm_control::vmctl
