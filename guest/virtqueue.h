// SPDX-License-Identifier: BSD-3-Clause
// A split virtqueue (virtio 1.2, section 2.7) whose driver has one buffer in flight at most. The
// buffer is always descriptor 0, so the queue itself is all the state that the driver needs.
#pragma once

#include <stdint.h>

namespace vm_control::guest {

struct VirtqueueDescriptor {
  static constexpr uint16_t kNext = 1;
  static constexpr uint16_t kIndirect = 4;

  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};

// The driver offers the heads of chains of descriptors. `index` counts them, modulo 2^16.
template <uint32_t size>
struct AvailableRing {
  uint16_t flags;
  uint16_t index;
  uint16_t heads[size];
  uint16_t used_event;
};

// The device returns the heads of chains. `index` counts them, modulo 2^16.
template <uint32_t size>
struct UsedRing {
  struct Element {
    uint32_t head;
    uint32_t length;
  };

  uint16_t flags;
  uint16_t index;
  Element elements[size];
  uint16_t available_event;
};

struct Virtqueue {
  static constexpr uint16_t kSize = 16;

  // Offers the device `length` bytes at `data`, which it reads. The queue is not busy; the bytes
  // stay as they are while it is. The caller notifies the device.
  void offer(const void* data, uint32_t length);

  // Whether the device still has a buffer.
  bool is_busy() const;

  alignas(16) VirtqueueDescriptor table[kSize];
  AvailableRing<kSize> available;
  alignas(4) UsedRing<kSize> used;
};

// The address that a device has to be told: the guest has neither paging nor segments.
inline uint64_t address_of(const void* object) {
  return reinterpret_cast<uintptr_t>(object);
}

}  // namespace vm_control::guest
