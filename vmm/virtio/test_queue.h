// SPDX-License-Identifier: BSD-3-Clause
// The driver's side of a split virtqueue, for tests. It writes whatever a test asks for, right or
// wrong.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "vmm/memory/guest_ram.h"
#include "vmm/virtio/virtqueue.h"

namespace vm_control::vmm {

// 4 MiB of RAM from 0, and 2 MiB from 4 GiB.
inline constexpr uint64_t kTestRamSize = uint64_t{4} << 20;
inline constexpr uint64_t kTestHighRam = uint64_t{4} << 30;
GuestRam make_test_ram();

class TestQueue {
 public:
  // Flags of a descriptor.
  static constexpr uint16_t kNext = 1;
  static constexpr uint16_t kWrite = 2;
  static constexpr uint16_t kIndirect = 4;

  struct Descriptor {
    uint64_t address = 0;
    uint32_t length = 0;
    uint16_t flags = 0;
    uint16_t next = 0;
  };
  struct Used {
    uint32_t head = 0;
    uint32_t written = 0;
    bool operator==(const Used&) const = default;
  };

  // Takes three pages of RAM from `at`. The RAM outlives this.
  TestQueue(const GuestRam& ram, uint64_t at, uint16_t size) : ram_(&ram), at_(at), size_(size) {}

  QueueLayout layout() const;

  // Makes the queue's RAM all zeros, as a driver does before it enables the queue.
  void clear();
  void set_descriptor(uint16_t index, const Descriptor& descriptor);
  // Makes the chain from descriptor `head` available.
  void offer(uint16_t head);
  // Moves the available index as if `count` chains had been made available.
  void skip(uint16_t count);
  // Makes one buffer available, as the chain of descriptor `index`.
  void offer_buffer(uint16_t index, uint64_t address, uint32_t length, uint16_t flags = 0);

  // The next chain that the device has given back.
  std::optional<Used> take_used();

  // These tell either side whether the other wants to be told.
  void set_no_interrupt(bool no_interrupt);
  void set_used_event(uint16_t index);
  bool no_notification() const;
  uint16_t available_event() const;

 private:
  template <class Value>
  std::atomic_ref<Value> number(uint64_t address) const;

  uint64_t available() const { return at_ + 0x1000; }
  uint64_t used() const { return at_ + 0x2000; }

  const GuestRam* ram_;
  uint64_t at_;
  uint16_t size_;
  uint16_t available_index_ = 0;
  uint16_t used_index_ = 0;
};

}  // namespace vm_control::vmm
