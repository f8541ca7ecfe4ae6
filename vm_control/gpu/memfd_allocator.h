// SPDX-License-Identifier: BSD-3-Clause
// GPU buffers in plain shared memory: for guests that draw with the CPU, and for hosts without a
// GPU. No driver will take them as a dma-buf: see udmabuf_allocator.h for those.
#pragma once

#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

class MemfdAllocator : public GpuMemoryAllocator {
 public:
  // As GpuMemoryAllocator::allocate(), for the formats of plane_layout.h. The memory is zero and
  // sealed against shrinking and growing: none of those who share it can pull it away from the
  // others.
  Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) override;
};

}  // namespace vm_control
