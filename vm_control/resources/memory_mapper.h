// SPDX-License-Identifier: BSD-3-Clause
// Puts the memory of a region in front of the guest. The VM chooses an implementation when it
// starts.
//
// WindowMapper maps regions into memory that the guest has from the start. MemslotMapper gives each
// region a memory slot, as crosvm's vm_control does. A mapper decides nothing: DeviceMemory gives
// it a slot and a range that are free.
// Threads: any, but one at a time for each slot. A call takes as long as the sender of the memory
// likes.
#pragma once

#include <chrono>
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

  // For how long a call kept others waiting that map memory.
  using HeldUp = std::chrono::steady_clock::duration;

  // Shows the guest the bytes of `source` at `range`, which has its size, under the name `slot`.
  // The source's fd may be closed afterwards. A failed call changes nothing. Errors: as mmap(2) and
  // the hypervisor say.
  virtual Result<HeldUp> map(Slot slot, GuestRange range, const MemorySource& source) = 0;

  // Takes the memory of `slot`, at `range`, out of the guest, and out of this process: when this
  // returns, no vCPU can reach it. A failed call changes nothing.
  virtual Result<HeldUp> unmap(Slot slot, GuestRange range) = 0;

  // Whether the host can give the guest the page of `slot`, at `range`, that has `address`: a full
  // disk, or a file that has shrunk, can't. Nobody unmaps the region meanwhile.
  virtual bool has_page(Slot slot, GuestRange range, GuestAddress address, MemoryAccess access) = 0;

  // Takes the memory of `slot`, at `range`, which has vanished, out of the guest. unmap() is still
  // to come.
  virtual Result<void> quarantine(Slot slot, GuestRange range) = 0;

  // Returns a bit for each page of `slot`, which keeps a dirty log: whether the guest wrote it
  // since the last call.
  virtual Result<std::vector<uint64_t>> take_dirty_log(Slot slot) = 0;

  // The guest could not write to its memory, for no other reason that is known: lets it write where
  // no region is, from now on. Returns whether it could not before.
  virtual bool make_holes_writable() { return false; }
};

}  // namespace vm_control
