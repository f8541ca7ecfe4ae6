// SPDX-License-Identifier: BSD-3-Clause
// What the control plane needs of a virtual machine, and no more.
//
// A VMM implements it over its hypervisor (vmm/ does so over kvm::Vm); FakeVirtualMachine beside it
// serves tests and fuzzers that have no /dev/kvm.
// Threads: called by the control thread only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/memory/guest_range.h"
#include "vm_control/memory/ioevent.h"
#include "vm_control/memory/region_flags.h"
#include "vm_control/memory/slot.h"

namespace vm_control {

class VirtualMachine {
 public:
  virtual ~VirtualMachine() = default;

  // Backs `range` of the guest by the memory at `host`, which stays mapped until remove_memory().
  // Both are page-aligned. A failed call changes nothing. Errors: what the hypervisor says.
  virtual Result<void> add_memory(Slot slot, GuestRange range, std::byte* host,
                                  RegionFlags flags) = 0;

  // Takes the memory of `slot` out: when this returns, no vCPU can reach it.
  virtual Result<void> remove_memory(Slot slot) = 0;

  // Signals the eventfd `event` at the guest's write. The VM keeps a reference of its own.
  virtual Result<void> register_ioevent(int event, const Ioevent& ioevent) = 0;

  // Raises interrupt `gsi` at each signal of the eventfd `event`, until its last descriptor is
  // closed: the VM keeps none.
  virtual Result<void> register_irqfd(int event, uint32_t gsi) = 0;

  // Asks the vCPUs to stop for good. Returns at once: they stop soon after.
  virtual void request_exit() = 0;
};

}  // namespace vm_control
