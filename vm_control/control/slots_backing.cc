// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/slots_backing.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

SlotsBacking::~SlotsBacking() {
  for (uint32_t slot = 0; slot < mappings_.size(); ++slot) {
    if (mappings_[slot].data()) static_cast<void>(vm_.remove_memory(Slot(slot)));
  }
}

Result<void> SlotsBacking::attach(Slot slot, GuestRange range, int fd, uint64_t offset) {
  MemoryMapping mapping = TRY(MemoryMapping::shared(fd, offset, range.size()));
  mappings_.resize(std::max<size_t>(mappings_.size(), slot.value() + size_t{1}));
  TRY(vm_.add_memory(slot, range, mapping.data(), RegionFlags{}));
  mappings_[slot.value()] = std::move(mapping);
  return {};
}

Result<void> SlotsBacking::detach(Slot slot) {
  TRY(vm_.remove_memory(slot));
  mappings_[slot.value()] = MemoryMapping();
  return {};
}

}  // namespace vm_control
