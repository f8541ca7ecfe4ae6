// SPDX-License-Identifier: BSD-3-Clause
// A socket to serve, as `vmctl run --socket` is told:
//
//   PATH[,type=seqpacket|datagram][,allow=RIGHT+RIGHT...][,uid=UID+UID...][,mode=OCTAL]
//       [,sealing=prefer|require]
#pragma once

#include <string>
#include <string_view>

#include "vm_control/base/result.h"
#include "vm_control/accounts/socket_policy.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmctl {

struct SocketSpec {
  std::string path;
  SocketType type = SocketType::kSeqpacket;
  SocketPolicy policy = {};

  // Errors: EINVAL (no path, an option that there is not, or with a value that it can't have).
  static Result<SocketSpec> parse(std::string_view text);
};

}  // namespace vm_control::vmctl
