// SPDX-License-Identifier: BSD-3-Clause
// The eventfds that clients attached to the guest: doorbells (ioevents) and interrupts (irqfds).
//
// Each eventfd stays open here for as long as it is registered: KVM keeps no reference to an
// irqfd's, and needs an ioevent's to end it. The caller decides who may end a registration.
// Threads: not synchronised; the loop's only.
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

  // Ends all registrations of `owner`, which has ended. Those that the hypervisor refuses to end
  // belong to the VM from now on; returns how many they are.
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
    std::shared_ptr<User> user;  // closes the event; null for the VM process itself
    Charge charge;
  };

  Result<void> attach(int event, const Target& target);
  Result<void> detach(int event, const Target& target);

  VirtualMachine& vm_;
  HandleTable<Registration> registrations_{HandleKind::kEvent, 0x10000};
};

}  // namespace vm_control
