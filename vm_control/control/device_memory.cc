// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/device_memory.h"

#include "vm_control/base/try.h"
#include "vm_control/control/memory_source.h"

namespace vm_control {

Result<DeviceMemory::Region> DeviceMemory::add(int fd, uint64_t size) {
  TRY(check_memory_source(fd, 0, size));
  auto alignment = size < kHugePageSize ? Alignment::kPage : Alignment::kHugePage;
  GuestRange range = TRY(addresses_.allocate(size, alignment));
  auto slot = slots_.take();
  auto attached = slot ? backing_.attach(*slot, range, fd, 0) : tl::unexpected(slot.error());
  if (!attached) {
    if (slot) static_cast<void>(slots_.release(*slot));
    static_cast<void>(addresses_.release(range));
    return tl::unexpected(attached.error());
  }
  range_of(*slot) = range;
  return Region{range, *slot};
}

Result<void> DeviceMemory::remove(Slot slot) {
  if (!slots_.is_taken(slot)) {
    return fail(ENOENT, "remove memory slot", std::to_string(slot.value()));
  }
  TRY(backing_.detach(slot));
  TRY(addresses_.release(*range_of(slot)));
  range_of(slot).reset();
  return slots_.release(slot);
}

std::optional<GuestRange>& DeviceMemory::range_of(Slot slot) {
  size_t index = slot.value() - first_slot_.value();
  if (index >= ranges_.size()) ranges_.resize(index + 1);
  return ranges_[index];
}

}  // namespace vm_control
