// SPDX-License-Identifier: BSD-3-Clause
// The memory balloon as the control plane needs it.
//
// A balloon is memory that the guest gives back to its host: the larger its target, the less RAM
// the guest has left.
// Threads: any, one at a time.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"

namespace vm_control {

class Balloon {
 public:
  virtual ~Balloon() = default;

  // Moves the balloon's target, without waiting for the guest to follow. The target saturates at 0
  // and at the size of RAM; a call that moves nothing succeeds. A failed call changes nothing.
  //
  // num_pages  4 KiB pages; positive takes memory from the guest, negative gives it back.
  // Errors     ENOTCONN  nobody serves the balloon.
  //            EAGAIN    the device is behind; a later call may succeed.
  virtual Result<void> adjust(int32_t num_pages) = 0;
};

}  // namespace vm_control
