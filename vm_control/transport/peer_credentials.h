// SPDX-License-Identifier: BSD-3-Clause
// Who is at the other end of a Unix socket, as the kernel says it: unix(7), SO_PEERCRED and
// SO_PASSCRED. What a peer says of itself counts only if the kernel let it: one with CAP_SYS_ADMIN
// or CAP_SETUID can send a message in the name of another.
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/model/credentials.h"

namespace vm_control {

// Who connected `socket`, or serves it, or made the pair that it is one of; pid 0 and user -1 if it
// is not connected. Errors: EBADF, ENOTSOCK.
Result<Credentials> peer_credentials(int socket);

// From now on each message that `socket` receives says who sent it, and so do the connections that
// it accepts. A message that was there before may have a sender of pid 0 and the overflow user.
// Errors: EBADF, ENOTSOCK.
Result<void> set_credentials_wanted(int socket);

}  // namespace vm_control
