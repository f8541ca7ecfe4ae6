// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/gpu/fake_gbm.h"

#include <gbm.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vm_control/base/shared_memory.h"
#include "vm_control/base/unique_fd.h"

struct gbm_device {};
struct gbm_bo {};

namespace vm_control {
namespace {

size_t index(int plane) {
  return static_cast<size_t>(plane);
}

int export_pipe() {
  std::array<int, 2> ends;
  if (pipe(ends.data()) < 0) return -1;
  UniqueFd writer(ends[1]);
  return ends[0];
}

}  // namespace

FakeGbm& fake_gbm() {
  static FakeGbm fake;
  return fake;
}

}  // namespace vm_control

using vm_control::fake_gbm;

int drmGetNodeTypeFromFd(int) {
  return fake_gbm().is_render_node ? DRM_NODE_RENDER : DRM_NODE_PRIMARY;
}

gbm_device* gbm_create_device(int) {
  if (!fake_gbm().has_driver) return nullptr;
  ++fake_gbm().devices;
  return new gbm_device;
}

void gbm_device_destroy(gbm_device* device) {
  --fake_gbm().devices;
  delete device;
}

int gbm_device_is_format_supported(gbm_device*, uint32_t, uint32_t flags) {
  return fake_gbm().supports_format && flags == GBM_BO_USE_LINEAR;
}

gbm_bo* gbm_bo_create(gbm_device*, uint32_t, uint32_t, uint32_t, uint32_t) {
  if (!fake_gbm().creates_buffer) {
    errno = fake_gbm().error;
    return nullptr;
  }
  ++fake_gbm().buffers;
  return new gbm_bo;
}

void gbm_bo_destroy(gbm_bo* bo) {
  --fake_gbm().buffers;
  delete bo;
}

int gbm_bo_get_plane_count(gbm_bo*) {
  return static_cast<int>(fake_gbm().layout.num_planes);
}

gbm_bo_handle gbm_bo_get_handle_for_plane(gbm_bo*, int plane) {
  return {.u32 = fake_gbm().handles.at(vm_control::index(plane))};
}

uint32_t gbm_bo_get_stride_for_plane(gbm_bo*, int plane) {
  return fake_gbm().layout.desc.planes.at(vm_control::index(plane)).stride;
}

uint32_t gbm_bo_get_offset(gbm_bo*, int plane) {
  return fake_gbm().layout.desc.planes.at(vm_control::index(plane)).offset;
}

int gbm_bo_get_fd(gbm_bo*) {
  if (!fake_gbm().exports_buffer) {
    errno = fake_gbm().error;
    return -1;
  }
  if (fake_gbm().exports_a_pipe) return vm_control::export_pipe();
  auto memory = vm_control::SharedMemory::create("fake_gbm", fake_gbm().layout.size);
  return memory ? std::move(*memory).take_fd().release() : -1;
}
