// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memslot_mapper.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {

MemslotMapper::~MemslotMapper() {
  for (uint32_t slot = 0; slot < mappings_.size(); ++slot) {
    if (mappings_[slot].data()) {
      ignore(vm_.remove_memory(Slot(slot)), "the virtual machine goes as well");
    }
  }
}

Result<void> MemslotMapper::map(Slot slot, GuestRange range, const MemorySource& source) {
  auto access = source.flags.read_only ? MemoryAccess::kRead : MemoryAccess::kReadWrite;
  auto mapping = TRY(MemoryMapping::shared(source.fd, source.offset, source.size, access));
  mappings_.resize(std::max<size_t>(mappings_.size(), slot.value() + size_t{1}));
  TRY(vm_.add_memory(slot, range, mapping.data(), source.flags));
  mappings_[slot.value()] = std::move(mapping);
  return {};
}

Result<MemoryMapping> MemslotMapper::unmap(Slot slot) {
  TRY(vm_.remove_memory(slot));
  return std::move(mappings_[slot.value()]);
}

Result<std::vector<uint64_t>> MemslotMapper::take_dirty_log(Slot slot) {
  return vm_.take_dirty_log(slot);
}

}  // namespace vm_control
