// SPDX-License-Identifier: BSD-3-Clause
// A driver hands this to its device in one go: buffers that the device reads, then buffers that it
// writes. All of them are RAM; the guest may change their bytes at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vm_control/model/guest_address.h"

namespace vm_control::vmm {

struct DescriptorChain {
  struct Buffer {
    GuestAddress address;
    std::span<std::byte> bytes;  // never empty
  };

  uint16_t head = 0;  // its name in the queue
  std::vector<Buffer> readable;
  std::vector<Buffer> writable;
  uint64_t size = 0;  // bytes of all buffers
};

// Copies the bytes that a device may read, in order, across the ends of buffers.
class ChainReader {
 public:
  // chain  outlives this.
  explicit ChainReader(const DescriptorChain& chain) : buffers_(chain.readable) {}

  // Fills as much of `out` as there are bytes left, and returns how many that was.
  size_t read(std::span<std::byte> out);

 private:
  std::span<const DescriptorChain::Buffer> buffers_;
  size_t offset_ = 0;  // into the first of them
};

}  // namespace vm_control::vmm
