// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/region.h"

namespace vm_control {

RegionInfo Region::info() const {
  uint32_t bits = 0;
  if (flags.read_only) bits |= kRegionReadOnly;
  if (detached) bits |= kRegionDetached;
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
