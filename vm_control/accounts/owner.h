// SPDX-License-Identifier: BSD-3-Clause
// What a registration belongs to, and ends with.
#pragma once

#include <cstdint>

#include "vm_control/model/credentials.h"

namespace vm_control {

// A session, by a number that is never used again, or the VM.
enum class OwnerId : uint64_t { kVm = 0 };

struct Owner {
  OwnerId id = OwnerId::kVm;
  Credentials who;  // the process that registered it

  bool operator==(const Owner&) const = default;
};

}  // namespace vm_control
