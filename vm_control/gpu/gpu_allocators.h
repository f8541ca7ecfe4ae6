// SPDX-License-Identifier: BSD-3-Clause
// The GPU allocators by the names that users write.
//
//   memfd    plain shared memory, on every host (memfd_allocator.h)
//   udmabuf  dma-bufs without a GPU, through /dev/udmabuf (udmabuf_allocator.h)
//   gbm      dma-bufs of the first render node in /dev/dri (gbm_allocator.h)
//   none     no allocator: requests for GPU memory are refused
//
// No allocator stands in for another: a caller that asks for a dma-buf gets one, or an error.
#pragma once

#include <memory>
#include <string_view>

#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

// Creates the allocator called `name`; a null pointer for "none".
//
// Errors  EINVAL          no allocator has that name.
//         ENOENT, ENODEV  the host has no device of the kind that the allocator needs.
//         EACCES          this user may not use the device.
Result<std::unique_ptr<GpuMemoryAllocator>> create_gpu_allocator(std::string_view name);

}  // namespace vm_control
