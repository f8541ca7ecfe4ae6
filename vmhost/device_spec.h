// SPDX-License-Identifier: BSD-3-Clause
// A device process to start beside a VM.
#pragma once

#include <string>
#include <vector>

#include "vm_control/accounts/socket_policy.h"

namespace vm_control::vmhost {

struct DeviceSpec {
  std::string name;
  std::vector<std::string> command;  // not empty: a program and its arguments
  // A device is trusted with little, and not with taking memory away from the guest.
  SocketPolicy policy = {.allow = Right::kMemory | Right::kEvents | Right::kObserve,
                         .uids = {},
                         .seal_policy = SealPolicy::kRequire};
};

}  // namespace vm_control::vmhost
