// SPDX-License-Identifier: BSD-3-Clause
// POSIX access control lists: acl(5).
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "vm_control/base/result.h"

namespace vm_control {

// Lets `users` read and write the socket file at `path`, beside those whom its mode lets: so they,
// and nobody else, can connect.
//
// Errors  EOPNOTSUPP  the file system has no access control lists.
//         EINVAL      one of `users` does not exist in this user namespace.
//         ENOENT, ENOTSOCK, EPERM and others: the file is not ours.
Result<void> give_access(const std::string& path, std::span<const uid_t> users);

}  // namespace vm_control
