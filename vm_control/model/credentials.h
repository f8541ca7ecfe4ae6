// SPDX-License-Identifier: BSD-3-Clause
// Which process somebody is: its pid, user and group.
#pragma once

#include <sys/types.h>

#include <string>

namespace vm_control {

struct Credentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;

  // Those of this process, by its effective user and group.
  static Credentials own();

  // As a line of a log names a process: "pid 12 (uid 1000)".
  std::string to_string() const;

  bool operator==(const Credentials&) const = default;
};

}  // namespace vm_control
