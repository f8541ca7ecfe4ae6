// SPDX-License-Identifier: BSD-3-Clause
// The queue in which a balloon's driver tells statistics of the guest's memory.
//
// The driver offers a buffer with statistics, and the device keeps it. To get fresh ones the device
// gives the buffer back; the driver fills it again, and offers it again.
// Threads: the device thread.
// Source: VIRTIO 1.2, section 5.5.6.3 and 5.5.6.4.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/base/result.h"
#include "vm_control/model/balloon_status.h"
#include "vmm/virtio/descriptor_chain.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

// Reads what the driver has written into `chain`; numbers that it has not written are empty, and
// the device reads no more than the first 64.
BalloonStats read_stats(const DescriptorChain& chain);

class StatsQueue {
 public:
  static constexpr size_t kChainsPerTurn = 16;

  struct Turn {
    std::optional<BalloonStats> stats;  // that have come
    bool has_asked = false;             // the driver for fresh ones
    bool has_more = false;
  };

  // Takes what the driver offers; and if `is_wanted`, gives it back to ask for fresh statistics.
  // Errors: of Virtqueue::pop().
  Result<Turn> serve(Virtqueue& queue, bool is_wanted);
  // Forgets the buffer.
  void reset() { kept_.reset(); }

 private:
  std::optional<uint16_t> kept_;  // the chain that the device has
};

}  // namespace vm_control::vmm
