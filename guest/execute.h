// SPDX-License-Identifier: BSD-3-Clause
// Carries commands out.
#pragma once

#include "guest/command.h"

namespace vm_control::guest {

// Does what `command` says and writes the answer to the serial port: one line, but for help. Does
// not return from halt.
void execute(const Command& command);

}  // namespace vm_control::guest
