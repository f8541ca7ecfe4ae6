// SPDX-License-Identifier: BSD-3-Clause
// The peer that asks for something: its rights, and the accounts that pay.
#pragma once

#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/owner.h"
#include "vm_control/accounts/user.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

struct Caller {
  Owner owner;
  Rights rights;
  SealPolicy seal_policy = SealPolicy::kPrefer;
  // Charged for what belongs to `owner`, and for what outlives it.
  std::shared_ptr<Account> account;
  std::shared_ptr<Account> lasting_account;
  // The user of the session. Null for the VM process itself.
  std::shared_ptr<User> user;

  // Whether it may release and read what belongs to `other`.
  bool acts_for(const Owner& other) const {
    return other.id == owner.id || rights.contains(Right::kAdmin);
  }
};

}  // namespace vm_control
