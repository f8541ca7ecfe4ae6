// SPDX-License-Identifier: BSD-3-Clause
// Who is at the other end of a Unix socket, as the kernel says it: unix(7), SO_PEERCRED and
// SO_PASSCRED. What a peer says of itself counts only if the kernel let it: one with CAP_SYS_ADMIN
// or CAP_SETUID can send a message in the name of another.
#pragma once

#include <sys/types.h>

#include <string>

#include "vm_control/base/result.h"

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

// Who connected `socket`, or serves it, or made the pair that it is one of; pid 0 and user -1 if it
// is not connected. Errors: EBADF, ENOTSOCK.
Result<Credentials> peer_credentials(int socket);

// From now on each message that `socket` receives says who sent it, and so do the connections that
// it accepts. A message that was there before may have a sender of pid 0 and the overflow user.
// Errors: EBADF, ENOTSOCK.
Result<void> set_credentials_wanted(int socket);

}  // namespace vm_control
