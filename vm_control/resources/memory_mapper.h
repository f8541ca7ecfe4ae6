// SPDX-License-Identifier: BSD-3-Clause
// How the memory of a region gets in front of the guest: one interface, chosen when the VM starts.
//
// MemslotMapper makes a memory slot of each region, as the original does. It is told a slot and a
// range that DeviceMemory found free, and decides nothing.
// Threads: called by the control thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/slot.h"
#include "vm_control/resources/memory_source.h"

namespace vm_control {

class MemoryMapper {
 public:
  virtual ~MemoryMapper() = default;

  // Shows the guest the bytes of `source` at `range`, which has its size, under the name `slot`.
  // The source's fd may be closed after. The guest can't write to a source that is read_only. A
  // failed call changes nothing. Errors: as mmap(2) and the hypervisor say.
  virtual Result<void> attach(Slot slot, GuestRange range, const MemorySource& source,
                              bool log_dirty) = 0;

  // Takes what attach() showed as `slot` away: when this returns, no vCPU can reach it. It is still
  // mapped: who shared it decides how long it takes to unmap it. A failed call changes nothing.
  virtual Result<MemoryMapping> detach(Slot slot) = 0;

  // Which pages of `slot`, attached with log_dirty, the guest wrote since the last call.
  virtual Result<std::vector<uint64_t>> take_dirty_log(Slot slot) = 0;
};

}  // namespace vm_control
