// SPDX-License-Identifier: BSD-3-Clause
// The system calls that each role of a thread may make.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vmhost/sandbox/sandbox.h"

namespace vm_control::vmhost {

// Allows a call if the `mask` bits of one argument have this value. (A filter can't follow
// pointers.)
struct ArgumentRule {
  unsigned argument = 0;  // from 0
  uint64_t mask = 0;
  uint64_t value = 0;
};

struct AllowedCall {
  int number = 0;  // as SCMP_SYS() has it
  std::optional<ArgumentRule> only_if;
};

// Returns the calls of a role. A call is allowed if one of its rules fits. Some rules name the id
// of the calling process.
std::vector<AllowedCall> allowed_calls(ThreadRole role);

}  // namespace vm_control::vmhost
