// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/model/credentials.h"

#include <unistd.h>

namespace vm_control {

Credentials Credentials::own() {
  return {.pid = getpid(), .uid = geteuid(), .gid = getegid()};
}

std::string Credentials::to_string() const {
  return "pid " + std::to_string(pid) + " (uid " + std::to_string(uid) + ")";
}

}  // namespace vm_control
