// SPDX-License-Identifier: BSD-3-Clause
// The argument of `vmctl run --socket`, which names a socket to serve:
//
//   PATH[,type=seqpacket|datagram][,allow=RIGHT+RIGHT...][,uid=UID+UID...][,mode=OCTAL]
//       [,sealing=prefer|require][,doorbells=direct|relay]
#pragma once

#include <string_view>

#include "vm_control/base/result.h"
#include "vmhost/socket_spec.h"

namespace vm_control::vmctl {

// Errors: EINVAL (the path is missing, an option is unknown or has a wrong value).
Result<vmhost::SocketSpec> parse_socket_spec(std::string_view text);

}  // namespace vm_control::vmctl
