// SPDX-License-Identifier: BSD-3-Clause
// Buffers of a GPU: linear dma-bufs that libgbm allocates on a DRM render node.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "vm_control/resources/gpu_memory_allocator.h"

struct gbm_device;

namespace vm_control {

class GbmAllocator : public GpuMemoryAllocator {
 public:
  // path    the render node, such as "/dev/dri/renderD128".
  // Errors  ENODEV  `path` is not a render node, or libgbm has no driver for it.
  //         ENOENT, EACCES, EMFILE, ENFILE.
  static Result<GbmAllocator> create(const std::string& path);

  // As GpuMemoryAllocator::allocate(). The driver chooses strides, offsets, and the first contents
  // of the memory.
  //
  // Errors  EINVAL  plane_layout.h refuses a side or the format, or the driver can't put the format
  //                 into one linear buffer: a frame of the protocol carries one fd.
  Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) override;

 private:
  struct Destroy {
    void operator()(gbm_device* device) const;
  };
  using Device = std::unique_ptr<gbm_device, Destroy>;

  GbmAllocator(UniqueFd node, Device device) : node_(std::move(node)), device_(std::move(device)) {}

  UniqueFd node_;  // device_ refers to it
  Device device_;
};

// Returns the path of the host's first render node. Errors: ENODEV if there is none.
//
// pattern  of the path, as in glob(7).
Result<std::string> find_render_node(const std::string& pattern = "/dev/dri/renderD*");

}  // namespace vm_control
