// SPDX-License-Identifier: BSD-3-Clause
// Why a machine stopped.
#pragma once

#include <string>

namespace vm_control::vmm {

struct ExitReason {
  enum class Kind {
    kReset,      // the guest pulled the reset line
    kPowerOff,   // the guest powered the machine off
    kPanic,      // the guest's kernel panicked, and its driver told so
    kShutdown,   // the guest's CPU had a triple fault
    kRequested,  // somebody asked the machine to stop
    kError,      // the machine can't go on
  };

  Kind kind = Kind::kRequested;
  std::string detail;  // for kError: what happened, and where
};

// "the guest reset the machine", or the detail of an error.
std::string describe(const ExitReason& reason);

}  // namespace vm_control::vmm
