// SPDX-License-Identifier: BSD-3-Clause
// The peer that asks for something: its rights, and the accounts that pay.
#pragma once

#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/owner.h"
#include "vm_control/base/event_relays.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

struct Caller {
  Owner owner;  // of what it registers
  // The principal that acts: the owner of what outlives the session.
  OwnerId principal = OwnerId::kVm;
  Rights rights;
  SealPolicy seal_policy = SealPolicy::kPrefer;
  // Relays its doorbells; null if the guest signals its eventfds directly.
  EventRelays* doorbell_relays = nullptr;
  // Charged for what belongs to `owner`, and for what belongs to the principal.
  std::shared_ptr<Account> account;
  std::shared_ptr<Account> lasting_account;

  // Whether it may release and read what belongs to `other`.
  bool acts_for(const Owner& other) const {
    return other.id == owner.id || other.id == principal || rights.contains(Right::kAdmin);
  }
};

}  // namespace vm_control
