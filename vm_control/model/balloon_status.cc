// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/balloon_status.h"

namespace vm_control {

const char* to_string(BalloonState state) {
  switch (state) {
    case BalloonState::kAbsent:
      return "absent";
    case BalloonState::kNotReady:
      return "not ready";
    case BalloonState::kIdle:
      return "idle";
    case BalloonState::kAdjusting:
      return "adjusting";
    case BalloonState::kStuck:
      return "stuck";
    case BalloonState::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace vm_control
