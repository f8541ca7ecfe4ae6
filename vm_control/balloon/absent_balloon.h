// SPDX-License-Identifier: BSD-3-Clause
// The balloon of a VM without a balloon device.
#pragma once

#include "vm_control/resources/balloon.h"

namespace vm_control {

class AbsentBalloon : public Balloon {
 public:
  // Errors: ENOTCONN, always.
  Result<void> adjust(int32_t) override { return fail(ENOTCONN, "adjust the balloon"); }
  Result<void> set_target(uint64_t) override { return fail(ENOTCONN, "set the balloon's target"); }
  Result<void> request_stats() override { return fail(ENOTCONN, "ask for statistics"); }

  BalloonStatus status() const override { return {}; }
  uint64_t reports() const override { return 0; }
  std::optional<BalloonStats> stats() const override { return std::nullopt; }
};

}  // namespace vm_control
