// SPDX-License-Identifier: BSD-3-Clause
// The argument of `vmctl run --device`, which names a device process to start:
//
//   NAME:COMMAND[,allow=RIGHT+RIGHT...][,uid=UID][,sealing=prefer|require]
//       [,doorbells=direct|relay]
//
// COMMAND is a program and its arguments, separated by spaces. Text in '...' or "..." keeps its
// spaces and commas.
#pragma once

#include <string_view>

#include "vm_control/base/result.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmctl {

// Errors: EINVAL (the name or the command is missing, a quote does not end, an option is wrong).
Result<vmhost::DeviceSpec> parse_device_spec(std::string_view text);

}  // namespace vm_control::vmctl
