// SPDX-License-Identifier: BSD-3-Clause
// Turns a bitmap of pages into ranges of guest addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmctl {

struct PageRange {
  GuestAddress start;
  uint64_t size = 0;  // bytes

  bool operator==(const PageRange&) const = default;
};

// Calls `each` with the ranges of pages whose bits are set, by address.
//
// bitmap       one bit for each page of 4 KiB, the lowest first; bits beyond `size` are ignored.
// start, size  the region in bytes, which does not pass the end of the address space.
void for_each_page_range(std::span<const uint64_t> bitmap, GuestAddress start, uint64_t size,
                         const std::function<void(const PageRange&)>& each);

}  // namespace vm_control::vmctl
