// SPDX-License-Identifier: BSD-3-Clause
// The GPU allocators by the names that users write.
//
//   memfd    plain shared memory, on every host (memfd_allocator.h)
//   udmabuf  dma-bufs without a GPU, through /dev/udmabuf (udmabuf_allocator.h)
//   gbm      dma-bufs of the first render node in /dev/dri (gbm_allocator.h)
//   none     no allocator: requests for GPU memory are refused
//
// None of them stands in for another: who asks for a dma-buf either gets one or an error.
#pragma once

#include <memory>
#include <string_view>

#include "vm_control/resources/gpu_memory_allocator.h"

namespace vm_control {

// The allocator called `name`; a null pointer for "none".
//
// Errors  EINVAL          no allocator has that name.
//         ENOENT, ENODEV  the host does not have what the allocator needs.
//         EACCES          this user may not use it.
Result<std::unique_ptr<GpuMemoryAllocator>> create_gpu_allocator(std::string_view name);

}  // namespace vm_control
