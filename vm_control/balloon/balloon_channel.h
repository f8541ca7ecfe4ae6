// SPDX-License-Identifier: BSD-3-Clause
// A balloon whose device runs in another process, at the far end of a datagram socket.
//
// The channel is the one of the original (VmRequest::execute, BalloonAdjust): one datagram an
// adjustment, a little-endian i32 in 4 bytes, nothing comes back. The device adds it to a target of
// its own and silently drops what would bring that below 0. So what is sent is not what was asked
// for but by how much the saturated target really moved: then the two targets always agree, and
// the device has nothing to drop. An adjustment that moves nothing is not sent.
#pragma once

#include <cstdint>
#include <utility>

#include "vm_control/resources/balloon.h"
#include "vm_control/balloon/balloon_target.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class BalloonChannel : public Balloon {
 public:
  // socket     a connected Unix datagram socket; its peer is a device whose target is 0.
  // ram_pages  4 KiB pages of RAM: the largest target.
  BalloonChannel(UniqueFd socket, uint64_t ram_pages)
      : socket_(std::move(socket)), target_(ram_pages) {}

  // As Balloon::adjust(); never waits.
  //
  // Errors  ENOTCONN  the device is gone. Not noticed by an adjustment that moves nothing.
  //         EAGAIN    the device has not yet received what was sent before, and its queue is full.
  Result<void> adjust(int32_t num_pages) override;

  const BalloonTarget& target() const { return target_; }

 private:
  UniqueFd socket_;
  BalloonTarget target_;
};

}  // namespace vm_control
