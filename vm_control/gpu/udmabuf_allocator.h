// SPDX-License-Identifier: BSD-3-Clause
// GPU buffers that are real dma-bufs on a host without a GPU: the kernel's udmabuf device exports
// the memory of a memfd (linux/udmabuf.h; drivers/dma-buf/udmabuf.c of Linux).
#pragma once

#include <string>
#include <utility>

#include "vm_control/gpu/memfd_allocator.h"

namespace vm_control {

class UdmabufAllocator : public GpuMemoryAllocator {
 public:
  // path    the host's udmabuf device.
  // Errors  ENOENT if the host has none, EACCES, EMFILE, ENFILE.
  static Result<UdmabufAllocator> create(const std::string& path = "/dev/udmabuf");

  // As GpuMemoryAllocator::allocate(), for the formats of plane_layout.h. The memory is zero.
  //
  // Errors  EINVAL  also if the buffer is larger than the kernel exports (the module's
  //                 size_limit_mb, 64 MiB by default).
  //         ENOTTY  the device is not a udmabuf device.
  Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) override;

 private:
  explicit UdmabufAllocator(UniqueFd device) : device_(std::move(device)) {}

  UniqueFd device_;
  MemfdAllocator memory_;
};

}  // namespace vm_control
