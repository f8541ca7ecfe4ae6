// SPDX-License-Identifier: BSD-3-Clause
// How the guest may use a region of memory, and what KVM keeps a record of.
#pragma once

namespace vm_control {

struct RegionFlags {
  // Guest writes don't reach the memory: they leave the guest as MMIO.
  bool read_only = false;
  // KVM keeps a bitmap of the pages that the guest wrote.
  bool log_dirty = false;
};

}  // namespace vm_control
