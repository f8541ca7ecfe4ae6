// SPDX-License-Identifier: BSD-3-Clause
// A socket to serve, as `vmctl run --socket` is told:
//
//   PATH[,type=seqpacket|datagram][,allow=RIGHT+RIGHT...][,uid=UID+UID...][,mode=OCTAL]
//       [,sealing=prefer|require]
#pragma once

#include <string_view>

#include "vm_control/base/result.h"
#include "vmhost/socket_spec.h"

namespace vm_control::vmctl {

// Errors: EINVAL (no path, an option that there is not, or with a value that it can't have).
Result<vmhost::SocketSpec> parse_socket_spec(std::string_view text);

}  // namespace vm_control::vmctl
