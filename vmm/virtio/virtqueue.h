// SPDX-License-Identifier: BSD-3-Clause
// A split virtqueue, seen from the device.
//
//   queue.disable_notifications();
//   while (auto chain = TRY(queue.pop())) {
//     ...                                      read and write the chain's buffers
//     queue.push(chain->head, written);
//   }
//   if (queue.take_interrupt()) ...            interrupt the driver
//   if (queue.enable_notifications()) ...      more has come meanwhile: once more
//
// The driver is not trusted. Each number is copied out of the guest's RAM once, and checked; an
// error of pop() means that the driver broke the rules, and the queue can't be used any more.
// The queue neither interrupts nor waits: a QueueRunner does.
//
// Threads: not synchronised. The driver's vCPUs use the rings at the same time.
// Source: VIRTIO 1.2, section 2.7; section 2.7.5.3 for indirect descriptors, 2.7.7 and 2.7.10 for
// notifications and their event index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"
#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/descriptor_chain.h"

namespace vm_control::vmm {

// Where a driver has put a queue.
struct QueueLayout {
  uint32_t size = 0;         // descriptors
  GuestAddress descriptors;  // the descriptor table
  GuestAddress available;    // the ring that the driver writes
  GuestAddress used;         // the ring that the device writes
};

class Virtqueue {
 public:
  // ram       outlives this.
  // max_size  the most descriptors.
  // features  those that the driver has accepted.
  // Errors    EINVAL  the size is 0, above max_size or no power of two; an address is not aligned.
  //           EFAULT  an area is not RAM.
  static Result<Virtqueue> create(const GuestRam& ram, const QueueLayout& layout, uint16_t max_size,
                                  uint64_t features);

  // The next chain that the driver has made available; nothing if there is none.
  //
  // Errors  EPROTO    an index or a flag that no driver may write.
  //         ELOOP     the chain has more descriptors than the queue.
  //         EFAULT    a buffer is not RAM.
  //         EMSGSIZE  the buffers have more than 4 GiB.
  Result<std::optional<DescriptorChain>> pop();

  // Gives the chain `head` of pop() back, with `written` bytes in its writable buffers.
  void push(uint16_t head, uint32_t written);

  // Whether the driver wants an interrupt for what was pushed since the last call.
  bool take_interrupt();

  // Tell the driver whether to notify the device of what it makes available. The second returns
  // whether it has made something available before it could know.
  void disable_notifications();
  bool enable_notifications();

 private:
  struct Descriptor;

  Virtqueue(const GuestRam& ram, uint16_t size, uint64_t features, std::span<std::byte> descriptors,
            std::span<std::byte> available, std::span<std::byte> used)
      : ram_(&ram),
        size_(size),
        features_(features),
        descriptors_(descriptors),
        available_(available),
        used_(used) {}

  Result<DescriptorChain> read_chain(uint16_t head) const;
  Result<std::span<std::byte>> indirect_table(const Descriptor& descriptor) const;
  Result<void> add_buffer(DescriptorChain& chain, const Descriptor& descriptor) const;
  uint16_t available_index() const;

  const GuestRam* ram_;
  uint16_t size_;
  uint64_t features_;
  std::span<std::byte> descriptors_;
  std::span<std::byte> available_;
  std::span<std::byte> used_;
  uint16_t next_available_ = 0;
  uint16_t next_used_ = 0;
  uint16_t told_used_ = 0;  // next_used_ at the last take_interrupt()
};

}  // namespace vm_control::vmm
