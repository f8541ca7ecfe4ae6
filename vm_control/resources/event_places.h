// SPDX-License-Identifier: BSD-3-Clause
// Keeps which addresses, ports and interrupts of a guest belong to which principal.
//
// A machine sets some aside for its clients. They belong to the principal that registers an event
// there first, until it has none there any more. Nobody may put an ioevent into device memory,
// where it would never fire.
//
// Pure bookkeeping, of which EventRegistrations has the lock. Takes time in proportion to the
// number of events, as KVM does.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "vm_control/accounts/caller.h"
#include "vm_control/base/result.h"
#include "vm_control/model/event_ranges.h"
#include "vm_control/model/ioevent.h"

namespace vm_control {

struct Irqfd {
  uint32_t gsi = 0;
};
using EventTarget = std::variant<Ioevent, Irqfd>;

class EventPlaces {
 public:
  // KVM's limit for a bus (NR_IOBUS_DEVS), less what a machine may need itself.
  static constexpr uint32_t kMaxIoevents = 960;

  // ranges         what is set aside for clients.
  // device_memory  where no ioevent may be.
  EventPlaces(const EventRanges& ranges, std::vector<GuestRange> device_memory);

  // Takes the place of `target` for `caller`: once more, if it has it already.
  // Errors: EACCES, EINVAL, EEXIST, ENOSPC as EventRegistrations::add() says.
  Result<void> take(const EventTarget& target, const Caller& caller);

  // The lowest address or port that is set aside and nobody's, for an event like `ioevent`.
  // Errors: ENOSPC.
  Result<uint64_t> find_free(const Ioevent& ioevent);

  // Gives back what take() took.
  void release(const EventTarget& target, OwnerId principal);

 private:
  struct Claim {
    EventTarget target;
    OwnerId principal;
  };

  Result<void> check_allowed(const EventTarget& target, const Caller& caller) const;
  bool is_set_aside(const Ioevent& ioevent) const;
  Result<void> check_share(const EventTarget& target, OwnerId principal) const;

  EventRanges ranges_;
  std::vector<GuestRange> device_memory_;
  std::vector<Claim> claims_;
  std::vector<bool> taken_;  // find_free()'s: by offset from the first address
};

}  // namespace vm_control
