// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/region.h"

#include <utility>

namespace vm_control {

void Region::let_go(MemoryMapping mapping) {
  UniqueFd watched = std::move(shrinkable);
  if (!user) return;
  user->unmap(std::move(mapping));
  user->close(std::move(watched));
}

RegionInfo Region::info() const {
  uint32_t flags = 0;
  if (read_only) flags |= kRegionReadOnly;
  if (owner.id == OwnerId::kVm) flags |= kRegionDetached;
  if (log_dirty) flags |= kRegionLogDirty;
  if (quarantined) flags |= kRegionQuarantined;
  return {.address = range.start(),
          .size = range.size(),
          .handle = handle,
          .flags = flags,
          .owner_pid = static_cast<uint32_t>(owner.who.pid),
          .owner_uid = owner.who.uid,
          .slot = slot};
}

}  // namespace vm_control
