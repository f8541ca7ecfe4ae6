// SPDX-License-Identifier: BSD-3-Clause
// The places of the planes in a linear buffer, for the formats that this library knows.
// Pure: it makes no system calls and touches no memory of the buffer.
//
//   XR24 AR24 XB24 AB24   one plane, 4 bytes a pixel
//   RG16 GR88             one plane, 2 bytes a pixel
//   R8                    one plane, 1 byte a pixel
//   NV12 NV21             Y, then 2 x 2 subsampled pairs of Cb and Cr (NV21: Cr and Cb)
//   YU12 YV12             Y, then 2 x 2 subsampled Cb and then Cr (YV12: Cr and then Cb)
//
// The planes have the order of drm_fourcc.h. If the width or height is odd, the size of a chroma
// plane is rounded up, so that every pixel has its chroma.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/model/gpu_memory_desc.h"

namespace vm_control {

// Rows start at multiples of this many bytes, as common GPUs require of linear buffers.
inline constexpr uint32_t kGpuStrideAlignment = 64;

// The longest side of a buffer, in pixels. The largest GPUs take as much, and no size or offset
// overflows with it.
inline constexpr uint32_t kMaxGpuBufferSide = 32768;

struct PlaneLayout {
  GpuMemoryDesc desc;
  uint32_t num_planes = 0;
  uint64_t size = 0;  // bytes of all planes, rounded up to a multiple of kPageSize
};

// Returns the layout of a buffer with its planes one after the other.
//
// width, height  pixels.
// format         DRM fourcc.
// Errors         EINVAL  a side is 0 or more than kMaxGpuBufferSide, or the format is unknown.
Result<PlaneLayout> layout_planes(uint32_t width, uint32_t height, uint32_t format);

}  // namespace vm_control
