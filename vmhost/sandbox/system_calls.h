// SPDX-License-Identifier: BSD-3-Clause
// Which system calls each role of a thread is left with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vmhost/sandbox/sandbox.h"

namespace vm_control::vmhost {

// A call is let through if these bits of one argument have this value. (What an argument points to
// can't be looked at.)
struct ArgumentRule {
  unsigned argument = 0;  // from 0
  uint64_t mask = 0;
  uint64_t value = 0;
};

struct AllowedCall {
  int number = 0;  // as SCMP_SYS() has it
  std::optional<ArgumentRule> only_if;
};

// Of the calling process, whose id some of the rules name. One of the rules for a call has to fit.
std::vector<AllowedCall> allowed_calls(ThreadRole role);

}  // namespace vm_control::vmhost
