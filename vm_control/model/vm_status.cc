// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/vm_status.h"

namespace vm_control {

const char* to_string(VmState state) {
  switch (state) {
    case VmState::kRunning:
      return "running";
    case VmState::kPaused:
      return "paused";
    case VmState::kExited:
      return "exited";
  }
  return "unknown";
}

}  // namespace vm_control
