// SPDX-License-Identifier: BSD-3-Clause
// A balloon whose device runs in another process, at the far end of a datagram socket.
//
// The channel is that of crosvm's vm_control (VmRequest::execute, BalloonAdjust): each adjustment
// is a datagram of 4 bytes, a little-endian i32, and nothing comes back. The device adds it to a
// target of its own, and silently drops an adjustment that would take the target below 0. So this
// class keeps a target that saturates, and sends the difference by which that has moved: the two
// targets always agree, and the device drops nothing. If the target does not move, nothing is sent.
// Nothing tells how far the guest is, nor whether it has a driver: the state is kUnknown.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "vm_control/balloon/balloon_target.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/resources/balloon.h"

namespace vm_control {

class BalloonChannel : public Balloon {
 public:
  // socket     a connected Unix datagram socket; its peer is a device whose target is 0.
  // ram_pages  4 KiB pages of RAM: the largest target.
  BalloonChannel(UniqueFd socket, uint64_t ram_pages)
      : socket_(std::move(socket)), target_(ram_pages) {}

  // As Balloon says; they never wait.
  //
  // Errors  ENOTCONN  the device is gone. A call that moves nothing does not notice that.
  //         EAGAIN    the device's queue is full of earlier adjustments.
  //         EOVERFLOW set_target() would move the target further than a datagram can tell.
  Result<void> adjust(int32_t num_pages) override;
  Result<void> set_target(uint64_t bytes) override;

  // With the age of the target.
  BalloonStatus status() const override;

  // Errors: ENOTSUP, always.
  Result<void> request_stats() override { return fail(ENOTSUP, "ask for statistics"); }
  uint64_t reports() const override { return 0; }
  std::optional<BalloonStats> stats() const override { return std::nullopt; }

  const BalloonTarget& target() const { return target_; }

 private:
  UniqueFd socket_;
  BalloonTarget target_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace vm_control
