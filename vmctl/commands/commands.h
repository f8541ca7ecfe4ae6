// SPDX-License-Identifier: BSD-3-Clause
// The subcommands that talk to a running VM. Each function adds one to the command line `root`.
#pragma once

#include "vmctl/cli/command_line.h"
#include "vmctl/cli/context.h"

namespace vm_control::vmctl {

// `context` outlives the command line.
void add_list(Command root, const Context& context);
void add_status(Command root, const Context& context);
void add_events(Command root, const Context& context);
void add_memory(Command root, const Context& context);
void add_gpu(Command root, const Context& context);
void add_balloon(Command root, const Context& context);
void add_pause(Command root, const Context& context);
void add_resume(Command root, const Context& context);
void add_power_button(Command root, const Context& context);
void add_stop(Command root, const Context& context);

}  // namespace vm_control::vmctl
