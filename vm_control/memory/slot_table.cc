// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/memory/slot_table.h"

#include <bit>

namespace vm_control {
namespace {

constexpr uint32_t kBits = 64;

uint64_t bit_of(uint32_t index) {
  return uint64_t{1} << (index % kBits);
}

std::vector<uint64_t> all_set(uint32_t bits) {
  std::vector<uint64_t> words((bits + kBits - 1) / kBits, ~uint64_t{0});
  if (bits % kBits) words.back() = bit_of(bits) - 1;
  return words;
}

}  // namespace

SlotTable::SlotTable(Slot first, uint32_t count) : first_(first.value()), count_(count) {
  for (uint32_t bits = count; bits > 0;) {
    levels_.push_back(all_set(bits));
    bits = bits > kBits ? static_cast<uint32_t>(levels_.back().size()) : 0;
  }
}

Result<Slot> SlotTable::take() {
  if (taken_ == count_) return fail(ENOSPC, "take a memory slot");
  uint32_t index = 0;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    index = index * kBits + static_cast<uint32_t>(std::countr_zero((*level)[index]));
  }
  uint32_t child = index;
  for (Bitmap& level : levels_) {
    uint64_t& word = level[child / kBits];
    word &= ~bit_of(child);
    if (word) break;
    child /= kBits;
  }
  ++taken_;
  return Slot(first_ + index);
}

Result<void> SlotTable::release(Slot slot) {
  if (!is_taken(slot)) return fail(ENOENT, "release memory slot", std::to_string(slot.value()));
  uint32_t index = slot.value() - first_;
  for (Bitmap& level : levels_) {
    level[index / kBits] |= bit_of(index);
    index /= kBits;
  }
  --taken_;
  return {};
}

bool SlotTable::is_taken(Slot slot) const {
  uint32_t index = slot.value() - first_;
  return slot.value() >= first_ && index < count_ && !(levels_[0][index / kBits] & bit_of(index));
}

}  // namespace vm_control
