// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/resources/event_registrations.h"

#include <utility>
#include <vector>

#include "vm_control/base/mutex.h"
#include "vm_control/base/try.h"
#include "vm_control/memory/handle_table.h"

namespace vm_control {

struct EventRegistrations::State {
  struct Registration {
    UniqueFd event;            // of the client, or
    EventRelays::Relay relay;  // what has it instead
    EventTarget target;
    Owner owner;
    OwnerId principal;
    Charge charge;
    // Otherwise it belongs to the thread that attaches or detaches it, and nobody finds it.
    bool is_shown = false;

    // The eventfd that the hypervisor has.
    int attached() const { return relay ? relay.fd() : event.get(); }
    UniqueFd take_event() { return relay ? relay.stop() : std::move(event); }
  };

  // The registration, which is shown; null if there is none.
  Registration* find(Handle handle) REQUIRES(mutex) {
    Registration* found = registrations.find(handle);
    return found && found->is_shown ? found : nullptr;
  }

  // Hides the registration if `caller` acts for it; returns whether.
  bool hide(Handle handle, const Caller& caller) {
    MutexLock lock(mutex);
    Registration* found = find(handle);
    if (!found || !caller.acts_for(found->owner)) return false;
    found->is_shown = false;
    return true;
  }

  std::pair<int, EventTarget> what_to_detach(Handle handle) {
    MutexLock lock(mutex);
    Registration& hidden = *registrations.find(handle);
    return {hidden.attached(), hidden.target};
  }

  void show(Handle handle) {
    MutexLock lock(mutex);
    registrations.find(handle)->is_shown = true;
  }

  // Gives the place back as well.
  std::optional<Registration> take(Handle handle) {
    MutexLock lock(mutex);
    auto taken = registrations.take(handle);
    places.release(taken->target, taken->principal);
    return taken;
  }

  // Takes the place `target` for `registration`, which is moved from if that succeeds. If it may be
  // `anywhere`, the address of `target` is set to the one that was found.
  Result<Handle> insert(Registration& registration, EventTarget& target, bool anywhere,
                        const Caller& caller) {
    MutexLock lock(mutex);
    if (anywhere) {
      auto& ioevent = std::get<Ioevent>(target);
      ioevent.address = TRY(places.find_free(ioevent));
    }
    TRY(places.take(target, caller));
    registration.target = target;
    auto handle = registrations.insert(std::move(registration));
    if (!handle) places.release(target, caller.principal);
    return handle;
  }

  explicit State(EventPlaces event_places) : places(std::move(event_places)) {}

  mutable Mutex mutex;
  EventPlaces places GUARDED_BY(mutex);
  HandleTable<Registration> registrations GUARDED_BY(mutex){HandleKind::kEvent, 0x10000};
};

EventRegistrations::EventRegistrations(VirtualMachine& vm, EventPlaces places)
    : vm_(vm), state_(std::make_unique<State>(std::move(places))) {}

EventRegistrations::~EventRegistrations() {
  MutexLock lock(state_->mutex);
  state_->registrations.for_each([this](Handle, State::Registration& each) {
    ignore(detach(each.attached(), each.target), "the virtual machine goes as well");
  });
}

Result<Handle> EventRegistrations::add(MaybeOwnedFd& event, const EventTarget& target,
                                       const Caller& caller) {
  return TRY(place(event, target, false, caller)).handle;
}

Result<EventRegistrations::Placed> EventRegistrations::add_anywhere(MaybeOwnedFd& event,
                                                                    Ioevent ioevent,
                                                                    const Caller& caller) {
  return place(event, ioevent, true, caller);
}

Result<EventRegistrations::Placed> EventRegistrations::place(MaybeOwnedFd& event,
                                                             EventTarget target, bool anywhere,
                                                             const Caller& caller) {
  EventRelays* relays = std::holds_alternative<Ioevent>(target) ? caller.doorbell_relays : nullptr;
  State::Registration registration{
      .owner = caller.owner,
      .principal = caller.principal,
      .charge = TRY(caller.account->charge({.events = 1, .descriptors = relays ? 2u : 1u}))};
  registration.event = TRY(event.take());
  auto give_back = [&event](State::Registration failed, const Error& error) {
    event = failed.take_event();
    return tl::unexpected(error);
  };
  if (relays) {
    auto relay = relays->add(registration.event);
    if (!relay) return give_back(std::move(registration), relay.error());
    registration.relay = std::move(*relay);
  }
  int attachable = registration.attached();
  auto handle = state_->insert(registration, target, anywhere, caller);
  if (!handle) return give_back(std::move(registration), handle.error());
  auto attached = attach(attachable, target);
  if (!attached) return give_back(std::move(*state_->take(*handle)), attached.error());
  state_->show(*handle);
  auto* ioevent = std::get_if<Ioevent>(&target);
  return Placed{*handle, ioevent ? ioevent->address : 0};
}

Result<void> EventRegistrations::remove(Handle handle, const Caller& caller) {
  if (!state_->hide(handle, caller)) return fail(ENOENT, "unregister an event");
  return detach_and_free(handle);
}

// The registration is hidden, so this thread alone has it.
Result<void> EventRegistrations::detach_and_free(Handle handle) {
  auto [event, target] = state_->what_to_detach(handle);
  auto detached = detach(event, target);
  if (!detached) {
    state_->show(handle);
    return detached;
  }
  // Its eventfd closes here, without the lock.
  auto ended = state_->take(handle);
  return {};
}

size_t EventRegistrations::remove_all_of(OwnerId owner) {
  std::vector<Handle> theirs;
  {
    MutexLock lock(state_->mutex);
    state_->registrations.for_each([&](Handle handle, State::Registration& each) {
      if (!each.is_shown || each.owner.id != owner) return;
      each.is_shown = false;
      theirs.push_back(handle);
    });
  }
  size_t kept = 0;
  for (Handle handle : theirs) {
    if (detach_and_free(handle)) continue;
    MutexLock lock(state_->mutex);
    State::Registration& registration = *state_->registrations.find(handle);
    registration.owner.id = OwnerId::kVm;
    registration.charge = Charge();
    ++kept;
  }
  return kept;
}

size_t EventRegistrations::count() const {
  MutexLock lock(state_->mutex);
  return state_->registrations.size();
}

void EventRegistrations::for_each(
    const std::function<void(const Owner&, const Resources&)>& function) const {
  MutexLock lock(state_->mutex);
  state_->registrations.for_each([&](Handle, const State::Registration& each) {
    function(each.owner, each.charge.resources());
  });
}

Result<void> EventRegistrations::attach(int event, const EventTarget& target) {
  if (auto* ioevent = std::get_if<Ioevent>(&target)) return vm_.register_ioevent(event, *ioevent);
  return vm_.register_irqfd(event, std::get<Irqfd>(target).gsi);
}

Result<void> EventRegistrations::detach(int event, const EventTarget& target) {
  if (auto* ioevent = std::get_if<Ioevent>(&target)) {
    return vm_.unregister_ioevent(event, *ioevent);
  }
  return vm_.unregister_irqfd(event, std::get<Irqfd>(target).gsi);
}

}  // namespace vm_control
