// SPDX-License-Identifier: BSD-3-Clause
// Where the planes of a linear buffer lie, for the formats that this library knows.
// Pure: no system calls, no memory of the buffer is touched.
//
//   XR24 AR24 XB24 AB24   one plane, 4 bytes a pixel
//   RG16 GR88             one plane, 2 bytes a pixel
//   R8                    one plane, 1 byte a pixel
//   NV12 NV21             Y, then 2 x 2 subsampled pairs of Cb and Cr (NV21: Cr and Cb)
//   YU12 YV12             Y, then 2 x 2 subsampled Cb and then Cr (YV12: Cr and then Cb)
//
// The order of the planes is that of drm_fourcc.h. A chroma plane of an odd width or height is
// rounded up, so that every pixel has its chroma.
#pragma once

#include <cstdint>

#include "vm_control/base/result.h"
#include "vm_control/model/gpu_memory_desc.h"

namespace vm_control {

// Rows start at multiples of this many bytes, which is what common GPUs ask of linear buffers.
inline constexpr uint32_t kGpuStrideAlignment = 64;

// The longest side of a buffer, in pixels: what the largest GPUs take, and small enough that no
// size or offset overflows.
inline constexpr uint32_t kMaxGpuBufferSide = 32768;

struct PlaneLayout {
  GpuMemoryDesc desc;
  uint32_t num_planes = 0;
  uint64_t size = 0;  // bytes of all planes, rounded up to a multiple of kPageSize
};

// The layout of a buffer, its planes one after the other.
//
// width, height  pixels.
// format         DRM fourcc.
// Errors         EINVAL  a side is 0 or more than kMaxGpuBufferSide, or the format is unknown.
Result<PlaneLayout> layout_planes(uint32_t width, uint32_t height, uint32_t format);

}  // namespace vm_control
