// SPDX-License-Identifier: BSD-3-Clause
// The eventfds that clients attached to the guest: doorbells (ioevents) and interrupts (irqfds).
//
// KVM keeps no reference to an irqfd's eventfd, and wants an ioevent's to end it: so each stays
// open here for as long as it is registered. Who may end one is for the caller to decide.
// Threads: not synchronised; the control thread owns the only instance.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/caller.h"
#include "vm_control/accounts/user.h"
#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/memory/handle_table.h"
#include "vm_control/resources/virtual_machine.h"

namespace vm_control {

class EventRegistrations {
 public:
  // vm  outlives this.
  explicit EventRegistrations(VirtualMachine& vm) : vm_(vm) {}
  // Ends all.
  ~EventRegistrations();
  EventRegistrations(const EventRegistrations&) = delete;
  EventRegistrations& operator=(const EventRegistrations&) = delete;

  struct Irqfd {
    uint32_t gsi = 0;
  };
  using Target = std::variant<Ioevent, Irqfd>;

  // Attaches `event` to `target` for `caller`, whose user closes it in the end. It is taken if
  // that succeeds (a borrowed one is duplicated). A failed call changes nothing.
  // Errors: EDQUOT (the account has no room), EMFILE, what the hypervisor says.
  Result<Handle> add(MaybeOwnedFd& event, const Target& target, const Caller& caller);

  // Ends a registration. Errors: ENOENT (there is none), what the hypervisor says; then it is still
  // there.
  Result<void> remove(Handle handle);

  // Ends all that belong to `owner`, which is no more. What the hypervisor refuses to end is the
  // VM's from now on. Returns how many those were.
  size_t remove_all_of(OwnerId owner);

  // Null if there is none.
  const Owner* owner_of(Handle handle) const;
  size_t count() const { return registrations_.size(); }

  // Calls function(owner, what was charged for it) for each, in no particular order.
  template <class Function>
  void for_each(Function function) const {
    registrations_.for_each(
        [&](Handle, const Registration& each) { function(each.owner, each.charge.resources()); });
  }

 private:
  struct Registration {
    UniqueFd event;
    Target target;
    Owner owner;
    std::shared_ptr<User> user;  // none of the process that has the VM
    Charge charge;
  };

  Result<void> attach(int event, const Target& target);
  Result<void> detach(int event, const Target& target);

  VirtualMachine& vm_;
  HandleTable<Registration> registrations_{HandleKind::kEvent, 0x10000};
};

}  // namespace vm_control
