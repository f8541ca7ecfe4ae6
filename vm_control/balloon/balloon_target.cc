// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/balloon/balloon_target.h"

#include <algorithm>
#include <utility>

namespace vm_control {

// No step is longer than `num_pages`, so each fits an int32_t.
int32_t BalloonTarget::adjust(int32_t num_pages) {
  if (num_pages >= 0) {
    uint64_t step = std::min(static_cast<uint64_t>(num_pages), ram_pages_ - pages_);
    pages_ += step;
    return static_cast<int32_t>(step);
  }
  // 64 bits have room for the negative of INT32_MIN.
  uint64_t step = std::min(static_cast<uint64_t>(-int64_t{num_pages}), pages_);
  pages_ -= step;
  return static_cast<int32_t>(-static_cast<int64_t>(step));
}

bool BalloonTarget::set(uint64_t pages) {
  uint64_t old = std::exchange(pages_, std::min(pages, ram_pages_));
  return pages_ != old;
}

}  // namespace vm_control
