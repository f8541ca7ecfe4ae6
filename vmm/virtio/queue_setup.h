// SPDX-License-Identifier: BSD-3-Clause
// The registers of one queue, while a driver sets it up.
// Threads: not synchronised; its VirtioMmio is.
// Source: VIRTIO 1.2, section 4.2.2.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "vm_control/base/result.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

class QueueSetup {
 public:
  explicit QueueSetup(uint16_t max_size) : max_size_(max_size) {}

  uint16_t max_size() const { return max_size_; }
  bool is_ready() const { return is_ready_; }

  // Writes a register of the queue that is not ready, at `offset` of the transport: its size, or
  // half an address. Ignores others.
  void write(uint64_t offset, uint32_t value);

  // Makes the queue ready. Errors: of Virtqueue::create().
  Result<void> enable(const GuestRam& ram, uint64_t features);
  void disable();

  // The queue, for the device: empty if it is not ready. It can be taken once.
  std::optional<Virtqueue> take() { return std::exchange(queue_, std::nullopt); }

 private:
  uint16_t max_size_;
  uint32_t size_ = 0;
  uint64_t descriptors_ = 0;
  uint64_t available_ = 0;
  uint64_t used_ = 0;
  bool is_ready_ = false;
  std::optional<Virtqueue> queue_;
};

}  // namespace vm_control::vmm
