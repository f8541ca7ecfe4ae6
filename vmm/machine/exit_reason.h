// SPDX-License-Identifier: BSD-3-Clause
// Why a machine stopped.
#pragma once

#include <string>

namespace vm_control::vmm {

struct ExitReason {
  enum class Kind {
    kReset,      // the guest pulled the reset line
    kShutdown,   // the guest's CPU gave up: a triple fault
    kRequested,  // somebody asked for it
    kError,      // the machine can't go on
  };

  Kind kind = Kind::kRequested;
  std::string detail;  // of an error: what happened, and where
};

// "the guest reset the machine", or an error's detail.
std::string describe(const ExitReason& reason);

}  // namespace vm_control::vmm
