// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/machine/exit_reason.h"

namespace vm_control::vmm {

std::string describe(const ExitReason& reason) {
  switch (reason.kind) {
    case ExitReason::Kind::kReset:
      return "the guest reset the machine";
    case ExitReason::Kind::kPowerOff:
      return "the guest powered off";
    case ExitReason::Kind::kPanic:
      return "the guest's kernel panicked";
    case ExitReason::Kind::kShutdown:
      return "the guest shut down by a triple fault";
    case ExitReason::Kind::kRequested:
      return "the machine was asked to stop";
    case ExitReason::Kind::kError:
      return reason.detail;
  }
  return {};
}

}  // namespace vm_control::vmm
