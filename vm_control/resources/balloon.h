// SPDX-License-Identifier: BSD-3-Clause
// The memory balloon as the control plane needs it.
//
// A balloon is memory that the guest gives back to its host: the larger its target, the less RAM
// the guest has left. No call waits for the guest. The VMM calls Server::on_balloon_changed() when
// the state, the target or the actual size in status() has changed, or reports() has grown.
// Threads: any, one at a time. A device that changes on a thread of its own has a lock.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/base/result.h"
#include "vm_control/model/balloon_status.h"

namespace vm_control {

class Balloon {
 public:
  virtual ~Balloon() = default;

  // Move the balloon's target: by pages of 4 KiB, positive ones take memory from the guest; or to
  // `bytes`, a multiple of 4096. The target saturates at 0 and at the size of RAM; a call that
  // moves nothing succeeds. A failed call changes nothing.
  //
  // Errors  ENOTCONN  nobody serves the balloon: it is absent, or not ready.
  //         EAGAIN    the device is behind; a later call may succeed.
  virtual Result<void> adjust(int32_t num_pages) = 0;
  virtual Result<void> set_target(uint64_t bytes) = 0;

  // Tells what is known of the balloon now. An absent one is all zeros.
  virtual BalloonStatus status() const = 0;

  // Asks the guest for fresh statistics. When it has told them, reports() grows.
  //
  // Errors  ENOTCONN  as adjust().
  //         ENOTSUP   the guest's driver, or the device, has no statistics.
  virtual Result<void> request_stats() = 0;

  // How often a guest has told statistics.
  virtual uint64_t reports() const = 0;

  // Returns what the guest's driver told last; nothing if this driver has told nothing yet.
  virtual std::optional<BalloonStats> stats() const = 0;
};

}  // namespace vm_control
