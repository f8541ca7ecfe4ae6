// SPDX-License-Identifier: BSD-3-Clause
// Waiting for a message for as long as one call says, whatever deadline the socket has.
#pragma once

#include <chrono>

namespace vm_control {

// Waits until `fd` has something to receive, the end of the connection included. Returns whether it
// has; at the latest after `deadline`, which may be 0.
bool wait_readable(int fd, std::chrono::milliseconds deadline);

}  // namespace vm_control
