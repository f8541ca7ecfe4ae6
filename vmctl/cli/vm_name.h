// SPDX-License-Identifier: BSD-3-Clause
// Names of VMs on the command line, and the sockets that they stand for.
//
// A VM named NAME is served at NAME.sock in the runtime directory.
#pragma once

#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// The path of the socket of the VM `name`: `name` itself if it has a slash.
// Errors: EINVAL (not a name: letters, digits, '.', '_' and '-', not '.' first), and as
// runtime_directory() says.
Result<std::string> socket_path(const std::string& name);

}  // namespace vm_control::vmctl
