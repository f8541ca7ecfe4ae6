// SPDX-License-Identifier: BSD-3-Clause
#include "guest/virtqueue.h"

namespace vm_control::guest {

static_assert(sizeof(VirtqueueDescriptor) == 16);

void Virtqueue::offer(const void* data, uint32_t length) {
  table[0] = {address_of(data), length, 0, 0};
  available.heads[available.index % kSize] = 0;
  // The device may look at any time. It must see the descriptor before it sees the index.
  const uint16_t next = static_cast<uint16_t>(available.index + 1);
  __atomic_store_n(&available.index, next, __ATOMIC_RELEASE);
}

bool Virtqueue::is_busy() const {
  return __atomic_load_n(&used.index, __ATOMIC_ACQUIRE) != available.index;
}

}  // namespace vm_control::guest
