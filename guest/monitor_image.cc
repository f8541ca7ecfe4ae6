// SPDX-License-Identifier: BSD-3-Clause
#include "guest/monitor_image.h"

#include "guest/address_map.h"
#include "guest/monitor_image_data.h"

namespace vm_control::guest {

static_assert(kMonitorAddress == GUEST_IMAGE_ADDRESS);
static_assert(kMonitorMemorySize == GUEST_IMAGE_MEMORY);

std::span<const std::byte> monitor_image() {
  return std::as_bytes(std::span(kMonitorImage, kMonitorImageSize));
}

}  // namespace vm_control::guest
