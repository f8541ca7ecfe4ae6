// SPDX-License-Identifier: BSD-3-Clause
// A VM that a subcommand asks something, and what to tell the user when it fails.
#pragma once

#include <functional>
#include <string>

#include "vm_control/client/client.h"
#include "vmctl/command.h"

namespace vm_control::vmctl {

// Connects to the VM `name` and lets `ask` ask it something. Reports what fails, and returns how vmctl
// ends.
ExitStatus with_vm(const Context& context, const std::string& name,
                   const std::function<CallResult<>(Client&)>& ask);

}  // namespace vm_control::vmctl
