// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/socket_policy.h"

#include <unistd.h>

#include <algorithm>

namespace vm_control {

bool SocketPolicy::admits(uid_t uid) const {
  return uid == 0 || uid == geteuid() || std::ranges::find(uids, uid) != uids.end();
}

}  // namespace vm_control
