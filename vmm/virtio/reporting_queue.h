// SPDX-License-Identifier: BSD-3-Clause
// The queue in which a balloon's driver reports free pages: the guest keeps them, but does not need
// what they contain.
//
// A page that goes back to the host reads as zeros afterwards. That is not what a guest finds that
// fills free pages with a poison of its own, so its pages stay.
// Threads: the device thread.
// Source: VIRTIO 1.2, section 5.5.6.7 (free page reporting), 5.5.6.6 (page poison).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vmm/virtio/descriptor_chain.h"
#include "vmm/virtio/page_returner.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

class ReportingQueue {
 public:
  // The most that one turn does.
  static constexpr uint64_t kBytesPerTurn = uint64_t{64} << 20;
  static constexpr size_t kStepsPerTurn = 256;  // a range or a chain each

  // pages  outlives this.
  explicit ReportingQueue(PageReturner& pages) : pages_(pages) {}

  // As VirtioDevice::serve(). The pages go back if `may_return`.
  Result<bool> serve(Virtqueue& queue, bool may_return);
  // Forgets the chain that is not done yet.
  void reset() { current_.reset(); }

 private:
  struct Current {
    uint16_t head;
    std::vector<GuestRange> left;  // whole pages, the next ones last
  };

  static Current begin(const DescriptorChain& chain);
  // Gives back the next pages of the chain, which has some, of `most` bytes at most. Returns how
  // many bytes that was.
  uint64_t return_some(uint64_t most);

  PageReturner& pages_;
  std::optional<Current> current_;
};

}  // namespace vm_control::vmm
