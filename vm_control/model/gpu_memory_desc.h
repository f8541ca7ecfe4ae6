// SPDX-License-Identifier: BSD-3-Clause
// How the planes of a GPU buffer lie in its memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vm_control {

inline constexpr size_t kMaxGpuPlanes = 3;

struct GpuMemoryPlaneDesc {
  uint32_t stride = 0;  // bytes from one row to the next; 0 if the buffer has no such plane
  uint32_t offset = 0;  // bytes from the start of the buffer

  bool operator==(const GpuMemoryPlaneDesc&) const = default;
};

struct GpuMemoryDesc {
  std::array<GpuMemoryPlaneDesc, kMaxGpuPlanes> planes;

  bool operator==(const GpuMemoryDesc&) const = default;
};

}  // namespace vm_control
