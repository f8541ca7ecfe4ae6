// SPDX-License-Identifier: BSD-3-Clause
// The process and the user at the other end of a Unix socket, as the kernel reports them: unix(7),
// SO_PEERCRED and SO_PASSCRED. The kernel lets a peer give other credentials than its own only if
// the peer has CAP_SYS_ADMIN or CAP_SETUID.
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/model/credentials.h"

namespace vm_control {

// Returns the credentials of the process that connected `socket`, or serves it, or made the socket
// pair; pid 0 and user -1 if it is not connected. Errors: EBADF, ENOTSOCK.
Result<Credentials> peer_credentials(int socket);

// Makes each message that `socket` receives carry its sender, also on connections that it accepts.
// A message that was queued before may have a sender of pid 0 and the overflow user.
// Errors: EBADF, ENOTSOCK.
Result<void> set_credentials_wanted(int socket);

}  // namespace vm_control
