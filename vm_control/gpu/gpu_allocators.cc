// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/gpu_allocators.h"

#include <string>

#include "vm_control/base/try.h"
#include "vm_control/gpu/gbm_allocator.h"
#include "vm_control/gpu/memfd_allocator.h"
#include "vm_control/gpu/udmabuf_allocator.h"

namespace vm_control {

Result<std::unique_ptr<GpuMemoryAllocator>> create_gpu_allocator(std::string_view name) {
  if (name == "none") return nullptr;
  if (name == "memfd") return std::make_unique<MemfdAllocator>();
  if (name == "udmabuf") return std::make_unique<UdmabufAllocator>(TRY(UdmabufAllocator::create()));
  if (name == "gbm") {
    std::string node = TRY(find_render_node());
    return std::make_unique<GbmAllocator>(TRY(GbmAllocator::create(node)));
  }
  return fail(EINVAL, "find a GPU allocator (memfd, udmabuf, gbm or none) called",
              std::string(name));
}

}  // namespace vm_control
