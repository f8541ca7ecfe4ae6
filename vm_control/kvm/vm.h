// SPDX-License-Identifier: BSD-3-Clause
// One virtual machine of KVM: its memory slots, its doorbells and its interrupts.
//
// KVM checks little: it accepts addresses past the guest's physical width, and memory over the
// APIC. GuestLayout decides where things may go; this class puts them there.
// Threads: any, at the same time; one at a time for a slot. vCPUs may run meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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
  // Creates an empty machine. Errors: ENOMEM, EMFILE, ENFILE.
  static Result<Vm> create(const Kvm& kvm);

  int fd() const { return fd_.get(); }

  // Backs `range` of the guest by the memory at `host`, which must stay mapped until it is removed.
  // If the slot is taken, moves its memory within the guest or changes its flags.
  //
  // range   both its ends are multiples of kPageSize.
  // host    page-aligned.
  // Errors  EINVAL   misaligned; there is no slot of that number; the slot is taken by other memory
  //                  or another size.
  //         EEXIST   another slot has a page of `range`.
  //         ENOTSUP  this host has no read-only memory.
  Result<void> set_memory(Slot slot, GuestRange range, std::byte* host, RegionFlags flags);

  // Removes the memory of `slot`: when this returns, no vCPU can reach it.
  // Errors: EINVAL if `slot` is free (KVM has no ENOENT for this).
  Result<void> remove_memory(Slot slot);

  // Returns the pages that the guest has written since the last call, one bit for each page, the
  // lowest first, and clears the log. It does not have the writes of this process.
  // Errors: ENOENT if `slot` has no log_dirty.
  Result<std::vector<uint64_t>> take_dirty_log(Slot slot);

  // Makes the guest's write signal the eventfd `event` instead of causing an exit. KVM keeps a
  // reference of its own to the eventfd.
  //
  // Errors  EINVAL   the length is not 0, 1, 2, 4 or 8; datamatch with length 0; a port past
  //                  0xffff; `event` is not an eventfd.
  //         EBADF    `event` is not open.
  //         EEXIST   the write has a doorbell already.
  //         ENOTSUP  this host has no ioeventfds, or none for writes of any length.
  Result<void> register_ioevent(int event, const Ioevent& ioevent);

  // Undoes register_ioevent() with the same arguments. Errors: as there, and ENOENT if there is no
  // such registration.
  Result<void> unregister_ioevent(int event, const Ioevent& ioevent);

  // Makes each signal of the eventfd `event` raise interrupt `gsi`, as an edge, until all
  // descriptors of that eventfd are closed. KVM accepts a GSI that no interrupt controller has, and
  // raises nothing then.
  //
  // Errors  EINVAL   `event` is not an eventfd, or there is no irqchip.
  //         EBADF    `event` is not open.
  //         EBUSY    `event` raises an interrupt already.
  //         ENOTSUP  this host has no irqfds.
  Result<void> register_irqfd(int event, uint32_t gsi);

  // Undoes register_irqfd(), if it was called. Errors: EINVAL, EBADF.
  Result<void> unregister_irqfd(int event, uint32_t gsi);

  // Gives the machine its PICs, its IOAPIC and each vCPU a local APIC; before the first vCPU.
  // Errors: EEXIST if it has them, ENOTSUP.
  Result<void> create_irqchip();

  // Gives the machine its timer, the 8254, and port 0x61 of the speaker; after the irqchip.
  // Errors: EEXIST if it has one, ENOTSUP, ENXIO without an irqchip (newer kernels).
  Result<void> create_pit();

  // Lends KVM three pages at `address` for the real mode of Intel CPUs. No memory may be there.
  Result<void> set_tss_address(GuestAddress address);

  // Lends KVM one more page for the same purpose; before the first vCPU. Errors: EINVAL after it.
  Result<void> set_identity_map_address(GuestAddress address);

 private:
  Vm(UniqueFd fd, const Capabilities& capabilities)
      : fd_(std::move(fd)), capabilities_(capabilities) {}

  Result<void> control_ioevent(int event, const Ioevent& ioevent, uint32_t flags,
                               const char* action);

  void set_logged_pages(Slot slot, uint64_t pages);
  uint64_t logged_pages(Slot slot) const;

  UniqueFd fd_;
  Capabilities capabilities_;
  // The pages of each slot with a dirty log: KVM writes as many bits, however small the buffer is.
  std::unordered_map<uint32_t, uint64_t> logged_pages_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // guards them
};

}  // namespace vm_control::kvm
