// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/memslot_mapper.h"

#include <utility>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"

namespace vm_control {

// The memory of each slot. A slot is one thread's at a time; the lock is for the vector.
struct MemslotMapper::Mappings {
  struct Mapping {
    MemoryMapping memory;  // empty where there is none
    bool is_shown = false;
  };

  void put(Slot slot, Mapping mapping) {
    MutexLock lock(mutex);
    if (slot.value() >= all.size()) all.resize(slot.value() + size_t{1});
    all[slot.value()] = std::move(mapping);
  }
  std::byte* data(Slot slot) const {
    MutexLock lock(mutex);
    return all[slot.value()].memory.data();
  }
  Mapping take(Slot slot) {
    MutexLock lock(mutex);
    return std::exchange(all[slot.value()], {});
  }

  mutable Mutex mutex;
  std::vector<Mapping> all GUARDED_BY(mutex);  // by slot
};

MemslotMapper::MemslotMapper(VirtualMachine& vm)
    : vm_(vm), mappings_(std::make_unique<Mappings>()) {}

MemslotMapper::~MemslotMapper() {
  MutexLock lock(mappings_->mutex);
  for (uint32_t slot = 0; slot < mappings_->all.size(); ++slot) {
    if (mappings_->all[slot].is_shown) {
      ignore(vm_.remove_memory(Slot(slot)), "the virtual machine goes as well");
    }
  }
}

Result<MemoryMapper::HeldUp> MemslotMapper::map(Slot slot, GuestRange range,
                                                const MemorySource& source) {
  auto access = source.flags.read_only ? MemoryAccess::kRead : MemoryAccess::kReadWrite;
  auto memory = TRY(MemoryMapping::shared(source.fd, source.offset, source.size, access));
  TRY(vm_.add_memory(slot, range, memory.data(), source.flags));
  mappings_->put(slot, {std::move(memory), true});
  return HeldUp(0);
}

Result<MemoryMapper::HeldUp> MemslotMapper::unmap(Slot slot, GuestRange) {
  auto mapping = mappings_->take(slot);
  if (!mapping.is_shown) return HeldUp(0);
  auto removed = vm_.remove_memory(slot);
  if (removed) return HeldUp(0);
  mappings_->put(slot, std::move(mapping));
  return tl::unexpected(removed.error());
}

bool MemslotMapper::has_page(Slot slot, GuestRange range, GuestAddress address,
                             MemoryAccess access) {
  uint64_t offset = address.align_down(kPageSize).value() - range.start().value();
  return is_backed(mappings_->data(slot) + offset, access);
}

Result<void> MemslotMapper::quarantine(Slot slot, GuestRange) {
  TRY(vm_.remove_memory(slot));
  auto mapping = mappings_->take(slot);
  mapping.is_shown = false;
  mappings_->put(slot, std::move(mapping));
  return {};
}

Result<std::vector<uint64_t>> MemslotMapper::take_dirty_log(Slot slot) {
  return vm_.take_dirty_log(slot);
}

}  // namespace vm_control
