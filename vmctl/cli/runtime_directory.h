// SPDX-License-Identifier: BSD-3-Clause
// The directory of the sockets of named VMs: $XDG_RUNTIME_DIR/vm_control, or /run/vm_control for
// root without that variable.
//
// It is this user's alone, or not used at all: in another's directory, a name could lead to any
// socket, and a directory that root makes in a user's keeps that user out.
// Source: XDG Base Directory Specification, XDG_RUNTIME_DIR.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// The path of that directory, which need not exist.
// Errors: EINVAL  there is no XDG_RUNTIME_DIR, or its path is relative, and this is not root.
//         EPERM   either directory belongs to another user, or others may enter this one.
//         ENOTDIR one is something else.
//         ENOENT, EACCES and others of stat(2): XDG_RUNTIME_DIR can't be looked at.
Result<std::string> runtime_directory();

// Makes that directory unless it is there, with mode 0700 whatever the umask is. The umask is the
// process's, so no other thread should make files meanwhile.
// Errors: as runtime_directory() and mkdir(2) say.
Result<std::string> make_runtime_directory();

// The sockets in the runtime directory, by name; none if it does not exist.
// Errors: as runtime_directory() and opendir(3) say.
Result<std::vector<std::filesystem::path>> sockets_of_vms();

}  // namespace vm_control::vmctl
