// SPDX-License-Identifier: BSD-3-Clause
// The owner of a registration: the registration ends with it.
#pragma once

#include <cstdint>

#include "vm_control/model/credentials.h"

namespace vm_control {

// A session or a principal, by a number that is never used again, or the VM.
enum class OwnerId : uint64_t { kVm = 0 };

struct Owner {
  OwnerId id = OwnerId::kVm;
  Credentials who;  // the process that registered it

  bool operator==(const Owner&) const = default;
};

}  // namespace vm_control
