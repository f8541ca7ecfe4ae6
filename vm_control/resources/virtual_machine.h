// SPDX-License-Identifier: BSD-3-Clause
// The virtual machine as the control plane needs it.
//
// A VMM implements this over its hypervisor (vmm/ does so over kvm::Vm). FakeVirtualMachine beside
// it serves tests and fuzzers, which need no /dev/kvm then.
// Threads: any, at the same time; one at a time for a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/ioevent.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/slot.h"
#include "vm_control/model/vm_status.h"

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

  // Returns a bit for each page of `slot`, lowest first: whether the guest wrote it since the last
  // call. The slot was added with log_dirty. Errors: what the hypervisor says.
  virtual Result<std::vector<uint64_t>> take_dirty_log(Slot slot) = 0;

  // Signals the eventfd `event` at the guest's write, until unregister_ioevent() with the same
  // arguments. The caller keeps `event` open until then.
  // Errors: EACCES (a device of the machine is there), what the hypervisor says.
  virtual Result<void> register_ioevent(int event, const Ioevent& ioevent) = 0;
  virtual Result<void> unregister_ioevent(int event, const Ioevent& ioevent) = 0;

  // Raises interrupt `gsi` at each signal of the eventfd `event`, until unregister_irqfd(). The
  // caller keeps `event` open until then.
  // Errors: EACCES (a device of the machine has it), what the hypervisor says.
  virtual Result<void> register_irqfd(int event, uint32_t gsi) = 0;
  virtual Result<void> unregister_irqfd(int event, uint32_t gsi) = 0;

  // Ask the vCPUs to stop running guest code for a while, to go on, or to stop for good. They
  // return at once. The VMM calls Server::on_state_changed() when info().state has changed.
  //
  // A Pause is answered when that state is kPaused, but a Resume when request_resume() returns: the
  // state must not be kPaused any more then, even if no vCPU runs yet. Otherwise a client still sees
  // a paused VM after its Resume, and its next Pause is answered at once, though the VM goes on.
  virtual void request_pause() = 0;
  virtual void request_resume() = 0;
  virtual void request_exit() = 0;

  // Presses the guest's power button, and returns at once. What comes of it is up to the guest.
  // Errors: ENOTSUP (the machine has no power button).
  virtual Result<void> request_power_button() = 0;

  struct Info {
    VmState state = VmState::kRunning;
    uint32_t vcpus = 0;
    uint64_t ram_bytes = 0;
  };
  virtual Info info() const = 0;
};

}  // namespace vm_control
