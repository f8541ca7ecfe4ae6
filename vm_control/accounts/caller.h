// SPDX-License-Identifier: BSD-3-Clause
// Who asks for something, what it may ask for, and who pays.
#pragma once

#include <cstdint>
#include <memory>

#include "vm_control/accounts/account.h"
#include "vm_control/accounts/user.h"
#include "vm_control/model/credentials.h"
#include "vm_control/model/rights.h"
#include "vm_control/model/seal_policy.h"

namespace vm_control {

// What a registration belongs to, and ends with: a session, by a number that is never used again,
// or the VM.
enum class OwnerId : uint64_t { kVm = 0 };

struct Owner {
  OwnerId id = OwnerId::kVm;
  Credentials who;  // who registered it

  bool operator==(const Owner&) const = default;
};

struct Caller {
  Owner owner;
  Rights rights;
  SealPolicy seal_policy = SealPolicy::kPrefer;
  // Charged for what belongs to `owner`, and for what outlives it.
  std::shared_ptr<Account> account;
  std::shared_ptr<Account> lasting_account;
  // Whose session this is. None for the process that has the VM.
  std::shared_ptr<User> user;

  // Whether it may release and read what belongs to `other`.
  bool acts_for(const Owner& other) const {
    return other.id == owner.id || rights.contains(Right::kAdmin);
  }
};

}  // namespace vm_control
