// SPDX-License-Identifier: BSD-3-Clause
// Carries out commands.
#pragma once

#include "guest/balloon.h"
#include "guest/command.h"

namespace vm_control::guest {

// Carries out `command` and writes the answer to the serial port: several lines for help, one line
// for all others. Does not return from halt.
void execute(const Command& command, Balloon& balloon);

}  // namespace vm_control::guest
