// SPDX-License-Identifier: BSD-3-Clause
// A socket at which a VM is served.
#pragma once

#include <string>

#include "vm_control/accounts/socket_policy.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmhost {

struct SocketSpec {
  std::string path;
  SocketType type = SocketType::kSeqpacket;
  SocketPolicy policy = {};
};

}  // namespace vm_control::vmhost
