// SPDX-License-Identifier: BSD-3-Clause
// Names of VMs on the command line, and the sockets that they stand for.
//
// A VM named NAME is served at $XDG_RUNTIME_DIR/vm_control/NAME.sock, or at
// /run/vm_control/NAME.sock for root without that variable.
#pragma once

#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// The directory of the sockets of named VMs. Errors: EINVAL (no XDG_RUNTIME_DIR, and not root).
Result<std::string> runtime_directory();

// Makes that directory, for this user only, unless it is there.
// Errors: as runtime_directory() and mkdir(2) say; EPERM (it belongs to another user, or other
// users may enter it).
Result<std::string> make_runtime_directory();

// The path of the socket of the VM `name`: `name` itself if it has a slash.
// Errors: EINVAL (not a name: letters, digits, '.', '_' and '-', not '.' first), and as
// runtime_directory() says.
Result<std::string> socket_path(const std::string& name);

}  // namespace vm_control::vmctl
