// SPDX-License-Identifier: BSD-3-Clause
// The queue in which a balloon's driver names the pages that it gives back to the host.
//
// One turn collects page numbers from as many chains as have been offered, up to a limit, and
// returns the pages all at once: then contiguous pages are one range, even if the driver named them
// in different chains. A chain of any length takes as many turns as it needs.
// Threads: the device thread.
// Source: VIRTIO 1.2, section 5.5.6.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vm_control/base/result.h"
#include "vmm/virtio/descriptor_chain.h"
#include "vmm/virtio/page_returner.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

class InflateQueue {
 public:
  // The most that one turn does: 16 MiB.
  static constexpr size_t kPagesPerTurn = 4096;
  static constexpr size_t kChainsPerTurn = 64;

  // pages  outlives this.
  explicit InflateQueue(PageReturner& pages) : pages_(pages) {}

  // As VirtioDevice::serve().
  Result<bool> serve(Virtqueue& queue);
  // Forgets the chain that is not done yet.
  void reset() { current_.reset(); }

 private:
  struct Current {
    explicit Current(DescriptorChain popped) : chain(std::move(popped)), reader(chain) {}
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

    DescriptorChain chain;
    ChainReader reader;
  };

  // Reads page numbers from the current chain; returns whether it has no more.
  bool read_numbers();

  PageReturner& pages_;
  std::optional<Current> current_;
  std::vector<uint32_t> numbers_;  // to be returned in this turn
};

}  // namespace vm_control::vmm
