// SPDX-License-Identifier: BSD-3-Clause
// A device process to start, as `vmctl run --device` is told:
//
//   NAME:COMMAND[,allow=RIGHT+RIGHT...][,sealing=prefer|require]
//
// COMMAND is a program and its arguments, with spaces between. What stands between ' and ', or
// between " and ", is taken as it is: spaces and commas too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vm_control/base/result.h"
#include "vm_control/accounts/socket_policy.h"

namespace vm_control::vmctl {

struct DeviceSpec {
  std::string name;
  std::vector<std::string> command;  // not empty
  // A device is trusted with little, and not with taking memory away from the guest.
  SocketPolicy policy = {.allow = Right::kMemory | Right::kEvents | Right::kObserve,
                         .uids = {},
                         .sealing = SealPolicy::kRequire};

  // Errors: EINVAL (no name or no command, a quote that does not end, a bad option).
  static Result<DeviceSpec> parse(std::string_view text);
};

}  // namespace vm_control::vmctl
