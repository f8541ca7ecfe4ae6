// SPDX-License-Identifier: BSD-3-Clause
// GPU buffers in plain shared memory, for guests that draw with the CPU, and for hosts without a
// GPU. They are not dma-bufs, which drivers need: see udmabuf_allocator.h for those.
#pragma once

#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

class MemfdAllocator : public GpuMemoryAllocator {
 public:
  // As GpuMemoryAllocator::allocate(), for the formats of plane_layout.h. The memory is zero, and
  // sealed against shrinking and growing, so that no process that shares it can take it away from
  // the others.
  Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) override;
};

}  // namespace vm_control
