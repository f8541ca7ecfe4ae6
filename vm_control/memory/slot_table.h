// SPDX-License-Identifier: BSD-3-Clause
// Keeps the taken memory slots. take() gives the lowest free slot, as crosvm's vm_control does.
//
// Pure bookkeeping: a bitmap with a summary above each 64 words, so that take() and release() need
// the same time whether ten slots are taken or thirty thousand.
// Threads: not synchronised.
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/slot.h"

namespace vm_control {

class SlotTable {
 public:
  // Slots `first` to `first + count - 1`, all free. Those below `first` hold the guest's RAM.
  SlotTable(Slot first, uint32_t count);

  // Takes the lowest free slot. Errors: ENOSPC if none is free.
  Result<Slot> take();

  // Frees `slot`. Errors: ENOENT if it is not taken.
  Result<void> release(Slot slot);

  bool is_taken(Slot slot) const;
  uint32_t taken() const { return taken_; }
  uint32_t free() const { return count_ - taken_; }

 private:
  using Bitmap = std::vector<uint64_t>;  // a bit is set if a slot below it is free

  uint32_t first_;
  uint32_t count_;
  uint32_t taken_ = 0;
  std::vector<Bitmap>
      levels_;  // levels_[0] has a bit for each slot, the next one for each word, ...
};

}  // namespace vm_control
