// SPDX-License-Identifier: BSD-3-Clause
// Allocates the buffers that a guest shares with a GPU, a display or a codec.
//
// The interface is that of crosvm's vm_control (trait GpuMemoryAllocator). It only allocates: its
// caller maps the buffer into the guest, and charges the peer for it.
// Threads: any, one at a time. A GPU's driver may take its time in allocate().
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/model/gpu_memory_desc.h"

namespace vm_control {

struct GpuBuffer {
  UniqueFd fd;         // mappable shared, readable and writable; close-on-exec; of a fixed size
  GpuMemoryDesc desc;  // where the planes are, in the order of the format
  uint64_t size = 0;   // bytes, a multiple of kPageSize; the planes end within it
};

class GpuMemoryAllocator {
 public:
  virtual ~GpuMemoryAllocator() = default;

  // Allocates a buffer with linear (not tiled) planes. It lives as long as somebody has its fd or a
  // mapping of it. A failed call leaves nothing behind. All parameters may come from a peer.
  //
  // width, height  pixels, 1 to kMaxGpuBufferSide each.
  // format         DRM fourcc (drm_fourcc.h).
  // Errors  EINVAL  a side is 0 or too large, or this allocator can't do the format or the size.
  //         EMFILE, ENFILE, ENOMEM, and what a driver says.
  virtual Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) = 0;
};

}  // namespace vm_control
