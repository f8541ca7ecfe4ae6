// SPDX-License-Identifier: BSD-3-Clause
// How large a balloon is to become: a number of pages between 0 and the size of RAM.
// Pure arithmetic: the guest may be behind, or have no driver at all.
#pragma once

#include <cstdint>

namespace vm_control {

class BalloonTarget {
 public:
  // A target of 0, that is, all RAM is the guest's.
  //
  // ram_pages  4 KiB pages of RAM: the largest target.
  explicit BalloonTarget(uint64_t ram_pages) : ram_pages_(ram_pages) {}

  // The target in 4 KiB pages.
  uint64_t pages() const { return pages_; }

  // Moves the target by `num_pages`, or as far as it goes. Returns by how many it really moved.
  int32_t adjust(int32_t num_pages);

 private:
  uint64_t ram_pages_;
  uint64_t pages_ = 0;
};

}  // namespace vm_control
