// SPDX-License-Identifier: BSD-3-Clause
// Plays a hostile driver: writes rubbish to the registers of the balloon's device, and to queues
// that it gives the device.
//
// Half of the rounds set the device up as a driver does, with rubbish here and there, so that the
// device gets as far as the rings and the pages. The others write any registers in any order.
//
// A device that does as it is told writes to guest memory, and makes pages of it vanish. So the
// rubbish keeps the device away from the monitor, whatever the device combines:
//   - Rings that the device writes are in AbuseMemory::used, or reach past the RAM.
//   - What the device reads is above that: the rest of AbuseMemory, RAM that this class does not
//     write, or no RAM. It is at multiples of 4, and no such word of AbuseMemory, whatever it is
//     meant to be, would do as the number of a page of the monitor.
#pragma once

#include <stdint.h>

#include "guest/virtio.h"
#include "guest/virtqueue.h"

namespace vm_control::guest {

// The order matters: a device that reads past the end of a part must not come to `used`.
struct AbuseMemory {
  static constexpr uint32_t kQueues = 3;
  // No queue of the device is longer.
  static constexpr uint32_t kQueueSize = 256;
  static constexpr uint32_t kPageNumbers = 1024;

  // Holds the longest ring that there can be, from anywhere in the first half.
  uint32_t used[0x80000 / sizeof(uint32_t)];
  AvailableRing<kQueueSize> available[kQueues];
  alignas(16) VirtqueueDescriptor tables[kQueues][kQueueSize];
  uint32_t page_numbers[kPageNumbers];
};

class Abuse {
 public:
  // In the guest, AbuseMemory is at kMemoryAddress, and needs RAM up to kMemoryEnd.
  static constexpr uint32_t kMemoryAddress = 2u << 20;
  static constexpr uint32_t kMemoryEnd = 3u << 20;

  // `registers` and `memory` outlive this.
  //
  // ram_bytes  the RAM from address 0: at least kMemoryEnd.
  Abuse(VirtioRegisters& registers, AbuseMemory& memory, uint32_t ram_bytes)
      : registers_(registers), memory_(memory), ram_bytes_(ram_bytes) {}

  // Abuses the device once, and resets it, but does not wait for that. Each round continues the
  // pseudo-random numbers of the one before.
  void round();

 private:
  uint32_t random();
  uint32_t below(uint32_t limit) { return random() % limit; }
  bool one_in(uint32_t count) { return below(count) == 0; }
  uint32_t up_to(uint32_t most) { return 1 + below(most); }

  uint32_t any_word();
  uint16_t any_half();
  uint32_t any_page();
  uint32_t past_ram();
  uint32_t address_to_read();
  uint32_t address_to_write();
  uint32_t any_value(uint32_t offset);

  void write_rings();
  void write_available(AvailableRing<AbuseMemory::kQueueSize>& ring);
  VirtqueueDescriptor any_descriptor();
  VirtqueueDescriptor indirect_descriptor();
  VirtqueueDescriptor pages_descriptor();
  void write_mostly(uint32_t offset, uint32_t value);
  void write_address_mostly(uint32_t offset, uint64_t address);
  void write_any_register();
  void set_up();
  void set_up_queue(uint32_t index);
  void notify();

  VirtioRegisters& registers_;
  AbuseMemory& memory_;
  uint32_t ram_bytes_;
  uint32_t state_ = 0x2545f491;
};

}  // namespace vm_control::guest
