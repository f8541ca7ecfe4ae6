// SPDX-License-Identifier: BSD-3-Clause
// Pixel formats as people write them: "XR24", "NV12", "R8".
//
// A fourcc is four characters, the first in the lowest byte, filled up with spaces (drm_fourcc.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control {

// "NV12"; "R8" without the spaces; "0x00000001" for what is not four printable characters.
std::string fourcc_name(uint32_t fourcc);

// The fourcc that `name` writes out: one to four printable ASCII characters, not starting with a
// space. Whether there is such a format is not asked. Errors: EINVAL.
Result<uint32_t> parse_fourcc(std::string_view name);

}  // namespace vm_control
