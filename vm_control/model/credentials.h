// SPDX-License-Identifier: BSD-3-Clause
// The identity of a process: its pid, user and group.
#pragma once

#include <sys/types.h>

#include <string>

namespace vm_control {

struct Credentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;

  // The identity of this process, with its effective user and group.
  static Credentials own();

  // "pid 12 (uid 1000)", as logs name a process.
  std::string to_string() const;

  bool operator==(const Credentials&) const = default;
};

}  // namespace vm_control
