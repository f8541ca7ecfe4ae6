// SPDX-License-Identifier: BSD-3-Clause
// The eventfds that clients attached to the guest: doorbells (ioevents) and interrupts (irqfds).
//
// Each eventfd stays open here for as long as it is registered: KVM keeps no reference to an
// irqfd's, and needs an ioevent's to end it.
//
// A short lock guards the table. The hypervisor is asked, and eventfds are closed, without it, on
// the thread of the caller.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/model/handle.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class EventRegistrations {
 public:
  // vm  outlives this.
  explicit EventRegistrations(VirtualMachine& vm);
  // Ends all.
  ~EventRegistrations();
  EventRegistrations(const EventRegistrations&) = delete;
  EventRegistrations& operator=(const EventRegistrations&) = delete;

  struct Irqfd {
    uint32_t gsi = 0;
  };
  using Target = std::variant<Ioevent, Irqfd>;

  // Attaches `event` to `target` for `caller`. It is taken if that succeeds (a borrowed one is
  // duplicated). A failed call changes nothing.
  // Errors: EDQUOT (the account has no room), EMFILE, what the hypervisor says.
  Result<Handle> add(MaybeOwnedFd& event, const Target& target, const Caller& caller);

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

  Result<void> attach(int event, const Target& target);
  Result<void> detach(int event, const Target& target);
  Result<void> detach_and_free(Handle handle);

  VirtualMachine& vm_;
  std::unique_ptr<State> state_;
};

}  // namespace vm_control
