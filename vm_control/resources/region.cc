// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/region.h"

#include <utility>

namespace vm_control {

void Region::release(MemoryMapping mapping) {
  UniqueFd watched = std::move(shrinkable);
  if (!user) return;
  user->unmap(std::move(mapping));
  user->close(std::move(watched));
}

RegionInfo Region::info() const {
  uint32_t bits = 0;
  if (flags.read_only) bits |= kRegionReadOnly;
  if (owner.id == OwnerId::kVm) bits |= kRegionDetached;
  if (flags.log_dirty) bits |= kRegionLogDirty;
  if (quarantined) bits |= kRegionQuarantined;
  return {.address = range.start(),
          .size = range.size(),
          .handle = handle,
          .flags = bits,
          .owner_pid = static_cast<uint32_t>(owner.who.pid),
          .owner_uid = owner.who.uid,
          .slot = slot};
}

}  // namespace vm_control
