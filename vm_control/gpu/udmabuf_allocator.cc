// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/udmabuf_allocator.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>

#include "vm_control/base/try.h"

namespace vm_control {

Result<UdmabufAllocator> UdmabufAllocator::create(const std::string& path) {
  UniqueFd device(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!device) return fail_errno("open the host's udmabuf device", path);
  return UdmabufAllocator(std::move(device));
}

Result<GpuBuffer> UdmabufAllocator::allocate(uint32_t width, uint32_t height, uint32_t format) {
  // The kernel takes whole pages of a memfd that can't shrink, such as memory_ allocates.
  GpuBuffer buffer = TRY(memory_.allocate(width, height, format));
  udmabuf_create request{};
  request.memfd = static_cast<uint32_t>(buffer.fd.get());
  request.flags = UDMABUF_FLAGS_CLOEXEC;
  request.size = buffer.size;
  UniqueFd dma_buf(ioctl(device_.get(), UDMABUF_CREATE, &request));
  if (!dma_buf) return fail_errno("make a dma-buf");
  buffer.fd = std::move(dma_buf);  // the dma-buf holds the pages, so the memfd may go
  return buffer;
}

}  // namespace vm_control
