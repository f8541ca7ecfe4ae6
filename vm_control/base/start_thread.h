// SPDX-License-Identifier: BSD-3-Clause
// Starts threads that work for another one.
#pragma once

#include <functional>
#include <thread>

#include "vm_control/base/result.h"

namespace vm_control {

// Starts a thread that runs `run`. It blocks all signals, which are for the threads of the program.
//
// name    as tools show it; at most 15 characters.
// Errors  EAGAIN  there are too many threads.
Result<std::thread> start_thread(const char* name, std::function<void()> run);

}  // namespace vm_control
