// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/event_registrations.h"

#include <utility>
#include <vector>

#include "vm_control/base/try.h"

namespace vm_control {

EventRegistrations::~EventRegistrations() {
  registrations_.for_each([this](Handle, Registration& each) {
    ignore(detach(each.event.get(), each.target), "the virtual machine goes as well");
  });
}

Result<Handle> EventRegistrations::add(MaybeOwnedFd& event, const Target& target,
                                       const Caller& caller) {
  Charge charge = TRY(caller.account->charge({.events = 1}));
  Handle handle = TRY(registrations_.insert(
      {.target = target, .owner = caller.owner, .user = caller.user, .charge = std::move(charge)}));
  Registration& registration = *registrations_.find(handle);
  auto kept = event.take();
  auto attached = kept ? attach(kept->get(), target) : tl::unexpected(kept.error());
  if (attached) {
    registration.event = std::move(*kept);
    return handle;
  }
  if (kept) event = std::move(*kept);
  registrations_.take(handle);
  return tl::unexpected(attached.error());
}

Result<void> EventRegistrations::remove(Handle handle) {
  Registration* registration = registrations_.find(handle);
  if (!registration) return fail(ENOENT, "unregister an event");
  TRY(detach(registration->event.get(), registration->target));
  auto ended = registrations_.take(handle);
  if (ended->user) ended->user->close(std::move(ended->event));
  return {};
}

size_t EventRegistrations::remove_all_of(OwnerId owner) {
  std::vector<Handle> theirs;
  registrations_.for_each([&](Handle handle, const Registration& each) {
    if (each.owner.id == owner) theirs.push_back(handle);
  });
  size_t kept = 0;
  for (Handle handle : theirs) {
    if (remove(handle)) continue;
    Registration* registration = registrations_.find(handle);
    registration->owner.id = OwnerId::kVm;
    registration->charge = Charge();
    ++kept;
  }
  return kept;
}

const Owner* EventRegistrations::owner_of(Handle handle) const {
  const Registration* registration = registrations_.find(handle);
  return registration ? &registration->owner : nullptr;
}

Result<void> EventRegistrations::attach(int event, const Target& target) {
  if (auto* ioevent = std::get_if<Ioevent>(&target)) return vm_.register_ioevent(event, *ioevent);
  return vm_.register_irqfd(event, std::get<Irqfd>(target).gsi);
}

Result<void> EventRegistrations::detach(int event, const Target& target) {
  if (auto* ioevent = std::get_if<Ioevent>(&target)) {
    return vm_.unregister_ioevent(event, *ioevent);
  }
  return vm_.unregister_irqfd(event, std::get<Irqfd>(target).gsi);
}

}  // namespace vm_control
