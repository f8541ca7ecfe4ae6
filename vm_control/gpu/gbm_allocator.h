// SPDX-License-Identifier: BSD-3-Clause
// GPU buffers from a GPU: linear dma-bufs that libgbm allocates on a DRM render node.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "vm_control/resources/gpu_memory_allocator.h"

struct gbm_device;

namespace vm_control {

class GbmAllocator : public GpuMemoryAllocator {
 public:
  // path    the render node, "/dev/dri/renderD128".
  // Errors  ENODEV  `path` is no render node, or libgbm has no driver for it.
  //         ENOENT, EACCES, EMFILE, ENFILE.
  static Result<GbmAllocator> create(const std::string& path);

  // As GpuMemoryAllocator::allocate(). Strides and offsets are the driver's own. What the memory
  // holds at first is up to the driver.
  //
  // Errors  EINVAL  a side or the format is none of plane_layout.h's, or the driver can't put the
  //                 format into one linear buffer: a frame of the protocol carries one fd.
  Result<GpuBuffer> allocate(uint32_t width, uint32_t height, uint32_t format) override;

 private:
  struct Destroy {
    void operator()(gbm_device* device) const;
  };
  using Device = std::unique_ptr<gbm_device, Destroy>;

  GbmAllocator(UniqueFd node, Device device) : node_(std::move(node)), device_(std::move(device)) {}

  UniqueFd node_;  // the device refers to it
  Device device_;
};

// The path of the host's first render node. Errors: ENODEV if there is none.
//
// pattern  what its path looks like, as in glob(7).
Result<std::string> find_render_node(const std::string& pattern = "/dev/dri/renderD*");

}  // namespace vm_control
