// SPDX-License-Identifier: BSD-3-Clause
// The names of pixel formats: "XR24", "NV12", "R8".
//
// A fourcc has four characters, the first in the lowest byte; spaces fill it up (drm_fourcc.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control {

// The formats of which this library knows how a buffer of them is laid out.
inline constexpr std::string_view kKnownFourccs =
    "XR24 AR24 XB24 AB24 RG16 R8 GR88 NV12 NV21 YU12 YV12";

// "NV12"; "R8" without the spaces; "0x00000001" if a character is not printable.
std::string fourcc_name(uint32_t fourcc);

// The fourcc that `name` spells: one to four printable ASCII characters, the first of which is not
// a space. It does not have to be a known format. Errors: EINVAL.
Result<uint32_t> parse_fourcc(std::string_view name);

}  // namespace vm_control
