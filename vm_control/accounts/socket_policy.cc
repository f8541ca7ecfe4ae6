// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/accounts/socket_policy.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace vm_control {
namespace {

uid_t overflow_uid() {
  static const uid_t uid = [] {
    uid_t value = 65534;  // the kernel's default
    std::ifstream("/proc/sys/kernel/overflowuid") >> value;
    return value;
  }();
  return uid;
}

}  // namespace

Result<void> SocketPolicy::check() const {
  if (std::ranges::find(uids, overflow_uid()) == uids.end()) return {};
  return fail(EINVAL, "let a user connect that stands for users of other namespaces:",
              std::to_string(overflow_uid()));
}

bool SocketPolicy::admits(uid_t uid) const {
  if (uid == overflow_uid()) return false;
  return uid == 0 || uid == geteuid() || std::ranges::find(uids, uid) != uids.end();
}

}  // namespace vm_control
