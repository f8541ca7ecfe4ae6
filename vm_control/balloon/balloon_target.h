// SPDX-License-Identifier: BSD-3-Clause
// The size that a balloon is to reach: a number of pages between 0 and the size of RAM.
// Pure arithmetic: the guest may be behind, or may have no driver at all.
#pragma once

#include <cstdint>

namespace vm_control {

class BalloonTarget {
 public:
  // The target is 0 at first: the guest has all RAM.
  //
  // ram_pages  4 KiB pages of RAM: the largest target.
  explicit BalloonTarget(uint64_t ram_pages) : ram_pages_(ram_pages) {}

  // The target in 4 KiB pages.
  uint64_t pages() const { return pages_; }

  // Moves the target by `num_pages`, or as far as possible. Returns the number of pages by which it
  // moved.
  int32_t adjust(int32_t num_pages);

  // Moves the target to `pages`, or as near as possible. Returns whether it moved.
  bool set(uint64_t pages);

 private:
  uint64_t ram_pages_;
  uint64_t pages_ = 0;
};

}  // namespace vm_control
