// SPDX-License-Identifier: BSD-3-Clause
// The eventfds that clients attached to the guest: doorbells (ioevents) and interrupts (irqfds).
//
// Each eventfd stays open here for as long as it is registered: KVM keeps no reference to an
// irqfd's, and needs an ioevent's to end it. A caller with `doorbell_relays` never has its own
// eventfd attached to an ioevent, but one that is relayed to it.
//
// Clients get ioevents and irqfds only where the machine has set addresses, ports and interrupts
// aside for them: see EventPlaces. With the right `admin`, a client may also use others, as far as
// the virtual machine lets it.
//
// A short lock guards the table. The hypervisor is asked, and eventfds are closed, without it, on
// the thread of the caller.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/model/handle.h"
#include "vm_control/resources/event_places.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class EventRegistrations {
 public:
  // vm  outlives this.
  EventRegistrations(VirtualMachine& vm, EventPlaces places);
  // Ends all.
  ~EventRegistrations();
  EventRegistrations(const EventRegistrations&) = delete;
  EventRegistrations& operator=(const EventRegistrations&) = delete;

  // Attaches `event` to `target` for `caller`. It is taken if that succeeds (a borrowed one is
  // duplicated). A failed call changes nothing.
  //
  // Errors  EDQUOT  the account has no room; EMFILE: no share of descriptors.
  //         EACCES  the address, port or interrupt is not set aside for clients.
  //         EINVAL  there is no such interrupt; `event` is no eventfd.
  //         EEXIST  it is another principal's.
  //         ENOSPC  the caller would have more interrupts than it leaves for others.
  //         What the hypervisor says.
  Result<Handle> add(MaybeOwnedFd& event, const EventTarget& target, const Caller& caller);

  struct Placed {
    Handle handle;
    uint64_t address;  // of an ioevent
  };
  // The same for an ioevent at a free address or port, the lowest that is set aside. The address of
  // `ioevent` is ignored. Errors: ENOSPC (none is free), and as add() says.
  Result<Placed> add_anywhere(MaybeOwnedFd& event, Ioevent ioevent, const Caller& caller);

  // Ends a registration, if `caller` acts for its owner. Errors: ENOENT (there is none, or it is
  // not the caller's), what the hypervisor says; then it is still there.
  Result<void> remove(Handle handle, const Caller& caller);

  // Ends all registrations of `owner`, which has ended. Those that the hypervisor refuses to end
  // belong to the VM from now on; returns how many they are.
  size_t remove_all_of(OwnerId owner);

  size_t count() const;

  // Calls function(owner, what was charged for it) for each, in no particular order, under the
  // lock.
  void for_each(const std::function<void(const Owner&, const Resources&)>& function) const;

 private:
  struct State;

  Result<Placed> place(MaybeOwnedFd& event, EventTarget target, bool anywhere,
                       const Caller& caller);
  Result<void> attach(int event, const EventTarget& target);
  Result<void> detach(int event, const EventTarget& target);
  Result<void> detach_and_free(Handle handle);

  VirtualMachine& vm_;
  std::unique_ptr<State> state_;
};

}  // namespace vm_control
