// SPDX-License-Identifier: BSD-3-Clause
// The guest-physical addresses at which devices have their registers. The window gives each range
// to one device at most. The addresses are free again when the MmioRange ends.
//
// Pure bookkeeping: DeviceManager puts the device on the bus.
// Threads: the machine's owner.
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/memory/range_allocator.h"
#include "vm_control/model/guest_range.h"

namespace vm_control::vmm {

class MmioRange {
 public:
  MmioRange(MmioRange&& other) noexcept;
  MmioRange& operator=(MmioRange&& other) noexcept;
  // Gives the addresses back.
  ~MmioRange();

  GuestRange range() const { return range_; }

 private:
  friend class MmioWindow;
  MmioRange(RangeAllocator& free, GuestRange range) : free_(&free), range_(range) {}

  RangeAllocator* free_;  // null once moved from
  GuestRange range_;
};

// Outlives its MmioRanges.
class MmioWindow {
 public:
  // window  whole pages without memory.
  explicit MmioWindow(GuestRange window) : free_(window) {}
  MmioWindow(const MmioWindow&) = delete;
  MmioWindow& operator=(const MmioWindow&) = delete;

  // The lowest free range of `size` bytes, a multiple of kPageSize, at a page boundary.
  // Errors: EINVAL (`size` is 0 or not whole pages), ENOSPC.
  Result<MmioRange> allocate(uint64_t size);

 private:
  RangeAllocator free_;
};

}  // namespace vm_control::vmm
