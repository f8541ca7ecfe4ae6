// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/test_vgem.h"

#include <drm.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <filesystem>
#include <string_view>

namespace vm_control {
namespace {

bool is_vgem(int device) {
  std::array<char, 16> name{};
  drm_version version{};
  version.name = name.data();
  version.name_len = name.size() - 1;
  return ioctl(device, DRM_IOCTL_VERSION, &version) == 0 && std::string_view(name.data()) == "vgem";
}

}  // namespace

std::optional<UniqueFd> open_vgem() {
  std::error_code ignored;  // a host without a GPU has no such directory
  for (const auto& entry : std::filesystem::directory_iterator("/dev/dri", ignored)) {
    if (!entry.path().filename().string().starts_with("card")) continue;
    UniqueFd device(open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
    if (device && is_vgem(device.get())) return device;
  }
  return {};
}

Result<UniqueFd> create_dma_buf(int vgem, uint32_t pages) {
  // A row of 1,024 pixels is a page.
  drm_mode_create_dumb buffer{.height = pages, .width = 1024, .bpp = 32};
  if (ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &buffer) < 0) return fail_errno("make a buffer");
  drm_prime_handle dma_buf{.handle = buffer.handle, .flags = DRM_CLOEXEC | DRM_RDWR, .fd = -1};
  if (ioctl(vgem, DRM_IOCTL_PRIME_HANDLE_TO_FD, &dma_buf) < 0) return fail_errno("export it");
  UniqueFd fd(dma_buf.fd);
  drm_mode_destroy_dumb handle{.handle = buffer.handle};
  if (ioctl(vgem, DRM_IOCTL_MODE_DESTROY_DUMB, &handle) < 0) return fail_errno("close its handle");
  return fd;
}

}  // namespace vm_control
