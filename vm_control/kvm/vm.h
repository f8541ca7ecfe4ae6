// SPDX-License-Identifier: BSD-3-Clause
// One virtual machine of KVM: its memory slots, its doorbells and its interrupts.
//
// KVM checks little: it takes addresses past the guest's physical width and memory over the APIC.
// Where things may go is GuestLayout's to say; here they only go there.
// Threads: memory by one thread at a time; the rest by any. vCPUs may run meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/kvm/kvm.h"
#include "vm_control/model/guest_range.h"
#include "vm_control/model/ioevent.h"
#include "vm_control/model/region_flags.h"
#include "vm_control/model/slot.h"

namespace vm_control::kvm {

class Vm {
 public:
  // An empty machine. Errors: ENOMEM, EMFILE, ENFILE.
  static Result<Vm> create(const Kvm& kvm);

  int fd() const { return fd_.get(); }

  // Backs `range` of the guest by the memory at `host`, which stays mapped until it is removed. On
  // a taken slot, moves its memory within the guest or changes its flags.
  //
  // range   a multiple of kPageSize at both ends.
  // host    page-aligned.
  // Errors  EINVAL   misaligned; no slot of that number; other memory or size in a taken slot.
  //         EEXIST   another slot has a page of `range`.
  //         ENOTSUP  read_only, which this host can't.
  Result<void> set_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags flags);

  // Takes the memory of `slot` out: when this returns, no vCPU can reach it.
  // Errors: EINVAL if `slot` is free (KVM has no ENOENT for this).
  Result<void> remove_memory(Slot slot);

  // Which pages the guest wrote since the last call, one bit each, lowest first; then forgets them.
  // Writes of this process are not among them. Errors: ENOENT if `slot` has no log_dirty.
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot);

  // Signals the eventfd `event` at the guest's write, instead of an exit. KVM keeps a reference of
  // its own to the eventfd.
  //
  // Errors  EINVAL   the length is not 0, 1, 2, 4 or 8; datamatch with length 0; a port past
  //                  0xffff; `event` is no eventfd.
  //         EBADF    `event` is not open.
  //         EEXIST   the write has a doorbell already.
  //         ENOTSUP  this host has no ioeventfds, or none of any length.
  Result<void> register_ioevent(int event, const Ioevent& ioevent);

  // Ends what register_ioevent() did with the same arguments. Errors: as there, and ENOENT if
  // there is no such registration.
  Result<void> unregister_ioevent(int event, const Ioevent& ioevent);

  // Raises interrupt `gsi`, as an edge, at each signal of the eventfd `event`, until all
  // descriptors of that eventfd are closed. A GSI that no interrupt controller has is accepted, and
  // raises nothing.
  //
  // Errors  EINVAL   `event` is no eventfd, or there is no irqchip.
  //         EBADF    `event` is not open.
  //         EBUSY    `event` raises an interrupt already.
  //         ENOTSUP  this host has no irqfds.
  Result<void> register_irqfd(int event, uint32_t gsi);

  // Ends what register_irqfd() did; nothing happens if it did not. Errors: EINVAL, EBADF.
  Result<void> unregister_irqfd(int event, uint32_t gsi);

  // Gives the machine its PICs, IOAPIC and a local APIC a vCPU; before the first vCPU.
  // Errors: EEXIST if it has them, ENOTSUP.
  Result<void> create_irqchip();

  // Gives the machine its timer, the 8254 and the port 0x61 of the speaker; after the irqchip.
  // Errors: EEXIST if it has one, ENOTSUP, ENXIO without an irqchip (newer kernels).
  Result<void> create_pit();

  // Lends KVM three pages at `address` for the real mode of Intel CPUs: no memory may be there.
  Result<void> set_tss_address(GuestAddress address);

  // Lends KVM one page more, for the same end; before the first vCPU. Errors: EINVAL after it.
  Result<void> set_identity_map_address(GuestAddress address);

 private:
  Vm(UniqueFd fd, const Capabilities& capabilities)
      : fd_(std::move(fd)), capabilities_(capabilities) {}

  Result<void> control_ioevent(int event, const Ioevent& ioevent, uint32_t flags,
                               const char* action);

  UniqueFd fd_;
  Capabilities capabilities_;
  // Pages of the slots with a dirty log: KVM writes as many bits, however small the buffer.
  std::unordered_map<uint32_t, uint64_t> logged_pages_;
};

}  // namespace vm_control::kvm
