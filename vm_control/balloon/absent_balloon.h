// SPDX-License-Identifier: BSD-3-Clause
// The balloon of a VM without a balloon device.
#pragma once

#include "vm_control/resources/balloon.h"

namespace vm_control {

class AbsentBalloon : public Balloon {
 public:
  // Errors: ENOTCONN, always.
  Result<void> adjust(int32_t) override { return fail(ENOTCONN, "adjust the balloon"); }
};

}  // namespace vm_control
