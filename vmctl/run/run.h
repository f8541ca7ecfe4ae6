// SPDX-License-Identifier: BSD-3-Clause
// The subcommand that starts a VM.
#pragma once

#include "vmctl/cli/command_line.h"

namespace vm_control::vmctl {

// Adds 'vmctl run' to the command line `root`.
void add_run(Command root);

}  // namespace vm_control::vmctl
