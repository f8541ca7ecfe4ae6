// SPDX-License-Identifier: BSD-3-Clause
// Which memory slots are taken. Gives the lowest free one, as the original did.
//
// Pure bookkeeping, in a bitmap with a summary above each 64 words, so that taking and releasing
// cost the same whether ten slots are taken or thirty thousand.
// Threads: not synchronised; the control thread owns the only instance.
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

 private:
  using Bitmap = std::vector<uint64_t>;  // bit set: something is free below it

  uint32_t first_;
  uint32_t count_;
  uint32_t taken_ = 0;
  std::vector<Bitmap> levels_;  // levels_[0] has a bit a slot, each further level a bit a word
};

}  // namespace vm_control
