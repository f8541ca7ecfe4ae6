// SPDX-License-Identifier: BSD-3-Clause
// A device process to start, as `vmctl run --device` is told:
//
//   NAME:COMMAND[,allow=RIGHT+RIGHT...][,sealing=prefer|require]
//
// COMMAND is a program and its arguments, with spaces between. What stands between ' and ', or
// between " and ", is taken as it is: spaces and commas too.
#pragma once

#include <string_view>

#include "vm_control/base/result.h"
#include "vmhost/device_spec.h"

namespace vm_control::vmctl {

// Errors: EINVAL (no name or no command, a quote that does not end, a bad option).
Result<vmhost::DeviceSpec> parse_device_spec(std::string_view text);

}  // namespace vm_control::vmctl
