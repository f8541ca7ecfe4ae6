// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/peer_credentials.h"

#include <sys/socket.h>

namespace vm_control {

Result<Credentials> peer_credentials(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
    return fail_errno("ask who is at the other end of a socket");
  }
  return Credentials{.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
}

Result<void> set_credentials_wanted(int socket) {
  int on = 1;
  if (setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
    return fail_errno("ask for the senders of messages");
  }
  return {};
}

}  // namespace vm_control
