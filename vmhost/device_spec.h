// SPDX-License-Identifier: BSD-3-Clause
// A device process that a VM starts.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "vm_control/accounts/socket_policy.h"

namespace vm_control::vmhost {

struct DeviceSpec {
  std::string name;
  std::vector<std::string> command;  // not empty: a program and its arguments
  // The user that the process runs as, and the group of the same number; the VM's own by default.
  std::optional<uid_t> uid;
  // By default a device has few rights, and can't take memory away that it gave to the guest.
  SocketPolicy policy = {.allow = Right::kMemory | Right::kEvents | Right::kObserve,
                         .uids = {},
                         .seal_policy = SealPolicy::kRequire};
};

}  // namespace vm_control::vmhost
