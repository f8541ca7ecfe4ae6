// SPDX-License-Identifier: BSD-3-Clause
// How a VM is named on the command line: by its name, or by the path of its socket.
//
// A VM named NAME is served at $XDG_RUNTIME_DIR/vm_control/NAME.sock, or at
// /run/vm_control/NAME.sock for root without that variable.
#pragma once

#include <string>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Where the sockets of named VMs are. Errors: EINVAL (no XDG_RUNTIME_DIR, and not root).
Result<std::string> runtime_directory();

// The same, made if it is not there, and for this user only.
// Errors: as runtime_directory() and mkdir(2) say; EPERM (it belongs to somebody else, or others
// may enter it).
Result<std::string> make_runtime_directory();

// Where the VM `name` is served: `name` itself if it has a slash.
// Errors: EINVAL (no name: letters, digits, '.', '_' and '-', not '.' first), and as above.
Result<std::string> socket_path(const std::string& name);

}  // namespace vm_control::vmctl
