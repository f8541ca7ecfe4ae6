// SPDX-License-Identifier: BSD-3-Clause
// The build generates these from the linked guest. Users include monitor_image.h.
#pragma once

#include <cstddef>

namespace vm_control::guest {

extern const unsigned char kMonitorImage[];
extern const std::size_t kMonitorImageSize;

}  // namespace vm_control::guest
