// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/memfd_allocator.h"

#include <fcntl.h>

#include "vm_control/base/shared_memory.h"
#include "vm_control/base/try.h"
#include "vm_control/gpu/plane_layout.h"

namespace vm_control {

Result<GpuBuffer> MemfdAllocator::allocate(uint32_t width, uint32_t height, uint32_t format) {
  PlaneLayout layout = TRY(layout_planes(width, height, format));
  SharedMemory memory = TRY(SharedMemory::create("gpu_buffer", layout.size));
  if (fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_GROW) < 0) {
    return fail_errno("seal a GPU buffer");
  }
  return GpuBuffer{std::move(memory).take_fd(), layout.desc, layout.size};
}

}  // namespace vm_control
