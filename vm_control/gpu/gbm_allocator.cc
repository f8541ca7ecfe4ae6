// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/gbm_allocator.h"

#include <fcntl.h>
#include <gbm.h>
#include <glob.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vm_control/base/try.h"
#include "vm_control/gpu/plane_layout.h"
#include "vm_control/model/fourcc.h"

namespace vm_control {
namespace {

struct DestroyBo {
  void operator()(gbm_bo* bo) const { gbm_bo_destroy(bo); }
};
using Bo = std::unique_ptr<gbm_bo, DestroyBo>;

// The error of a libgbm call that has just failed. Not every driver sets errno.
tl::unexpected<Error> fail_gbm(const char* action, std::string object = {}) {
  return fail(errno ? errno : ENOMEM, action, std::move(object));
}

Result<Bo> create_bo(gbm_device* device, uint32_t width, uint32_t height, uint32_t format) {
  if (!gbm_device_is_format_supported(device, format, GBM_BO_USE_LINEAR)) {
    return fail(EINVAL, "allocate a linear buffer of format", fourcc_name(format));
  }
  errno = 0;
  Bo bo(gbm_bo_create(device, width, height, format, GBM_BO_USE_LINEAR));
  if (!bo) return fail_gbm("allocate a linear buffer of format", fourcc_name(format));
  return bo;
}

bool is_in_one_piece(gbm_bo* bo, int num_planes) {
  uint32_t first = gbm_bo_get_handle_for_plane(bo, 0).u32;
  for (int plane = 1; plane < num_planes; ++plane) {
    if (gbm_bo_get_handle_for_plane(bo, plane).u32 != first) return false;
  }
  return true;
}

Result<GpuMemoryDesc> describe(gbm_bo* bo, uint32_t expected_planes) {
  int num_planes = gbm_bo_get_plane_count(bo);
  if (num_planes != static_cast<int>(expected_planes) || !is_in_one_piece(bo, num_planes)) {
    return fail(EINVAL, "describe a buffer that the driver cut into pieces");
  }
  GpuMemoryDesc desc;
  for (int plane = 0; plane < num_planes; ++plane) {
    desc.planes[static_cast<size_t>(plane)] = {.stride = gbm_bo_get_stride_for_plane(bo, plane),
                                               .offset = gbm_bo_get_offset(bo, plane)};
  }
  return desc;
}

}  // namespace

void GbmAllocator::Destroy::operator()(gbm_device* device) const {
  gbm_device_destroy(device);
}

Result<GbmAllocator> GbmAllocator::create(const std::string& path) {
  UniqueFd node(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!node) return fail_errno("open the render node", path);
  // libgbm would accept any character device, and fail only when it allocates.
  if (drmGetNodeTypeFromFd(node.get()) != DRM_NODE_RENDER) {
    return fail(ENODEV, "open as a DRM render node", path);
  }
  Device device(gbm_create_device(node.get()));
  if (!device) return fail(ENODEV, "find a GBM driver for", path);
  return GbmAllocator(std::move(node), std::move(device));
}

Result<GpuBuffer> GbmAllocator::allocate(uint32_t width, uint32_t height, uint32_t format) {
  // No driver sees numbers that plane_layout.h refuses. The driver chooses where the planes lie.
  uint32_t num_planes = TRY(layout_planes(width, height, format)).num_planes;
  Bo bo = TRY(create_bo(device_.get(), width, height, format));
  GpuMemoryDesc desc = TRY(describe(bo.get(), num_planes));

  errno = 0;
  UniqueFd fd(gbm_bo_get_fd(bo.get()));
  if (!fd) return fail_gbm("export a GPU buffer");
  // The size is in whole pages, as always in DRM, and larger than the planes if the driver aligns
  // them.
  off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return fail_errno("measure a GPU buffer");
  return GpuBuffer{std::move(fd), desc, static_cast<uint64_t>(size)};
}

Result<std::string> find_render_node(const std::string& pattern) {
  glob_t found{};
  std::string first;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) first = found.gl_pathv[0];
  globfree(&found);
  if (first.empty()) return fail(ENODEV, "find a DRM render node", pattern);
  return first;
}

}  // namespace vm_control
