// SPDX-License-Identifier: BSD-3-Clause
// Waits for a message with a deadline of its own, whatever deadline the socket has.
#pragma once

#include <chrono>

namespace vm_control {

// Waits until there is a message to receive from `fd`, or the connection has ended. Returns false
// if neither happens within `deadline`, which may be 0.
bool wait_readable(int fd, std::chrono::milliseconds deadline);

}  // namespace vm_control
