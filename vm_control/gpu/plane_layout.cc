// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/plane_layout.h"

#include <drm_fourcc.h>

#include <algorithm>
#include <array>

#include "vm_control/base/align.h"
#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/model/fourcc.h"

namespace vm_control {
namespace {

struct PlaneFormat {
  uint32_t bytes = 0;        // of a sample; 0 if there is no such plane
  uint32_t subsampling = 1;  // pixels of a sample, in each direction
};

struct Format {
  uint32_t fourcc;
  std::array<PlaneFormat, kMaxGpuPlanes> planes;
};

constexpr Format kFormats[] = {
    {DRM_FORMAT_XRGB8888, {{{4, 1}}}},
    {DRM_FORMAT_ARGB8888, {{{4, 1}}}},
    {DRM_FORMAT_XBGR8888, {{{4, 1}}}},
    {DRM_FORMAT_ABGR8888, {{{4, 1}}}},
    {DRM_FORMAT_RGB565, {{{2, 1}}}},
    {DRM_FORMAT_GR88, {{{2, 1}}}},
    {DRM_FORMAT_R8, {{{1, 1}}}},
    {DRM_FORMAT_NV12, {{{1, 1}, {2, 2}}}},
    {DRM_FORMAT_NV21, {{{1, 1}, {2, 2}}}},
    {DRM_FORMAT_YUV420, {{{1, 1}, {1, 2}, {1, 2}}}},
    {DRM_FORMAT_YVU420, {{{1, 1}, {1, 2}, {1, 2}}}},
};

Result<Format> find_format(uint32_t fourcc) {
  const auto* format = std::ranges::find(kFormats, fourcc, &Format::fourcc);
  if (format == std::end(kFormats)) {
    return fail(EINVAL, "lay out planes of the unknown format", fourcc_name(fourcc));
  }
  return *format;
}

bool is_side(uint32_t pixels) {
  return pixels > 0 && pixels <= kMaxGpuBufferSide;
}

constexpr uint32_t samples(uint32_t pixels, uint32_t subsampling) {
  return (pixels + subsampling - 1) / subsampling;
}

// Offsets fit in 32 bits: only the 4:2:0 formats have planes after the first, and all planes of
// such a format take 3 bytes for 2 pixels.
static_assert(uint64_t{kMaxGpuBufferSide} * kMaxGpuBufferSide * 3 / 2 <= UINT32_MAX);

}  // namespace

Result<PlaneLayout> layout_planes(uint32_t width, uint32_t height, uint32_t format) {
  auto planes = TRY(find_format(format)).planes;
  if (!is_side(width) || !is_side(height)) {
    return fail(EINVAL, "lay out planes of", std::to_string(width) + "x" + std::to_string(height));
  }
  PlaneLayout layout;
  for (PlaneFormat plane : planes) {
    if (plane.bytes == 0) break;
    uint64_t row = uint64_t{samples(width, plane.subsampling)} * plane.bytes;
    uint64_t stride = align_up(row, kGpuStrideAlignment);
    layout.desc.planes[layout.num_planes++] = {.stride = static_cast<uint32_t>(stride),
                                               .offset = static_cast<uint32_t>(layout.size)};
    layout.size += stride * samples(height, plane.subsampling);
  }
  layout.size = align_up(layout.size, kPageSize);
  return layout;
}

}  // namespace vm_control
