// SPDX-License-Identifier: BSD-3-Clause
// A VM that a subcommand asks something, and what to tell the user when it fails.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vm_control/client/client.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/exit_status.h"

namespace vm_control::vmctl {

using Ask = std::function<CallResult<>(Client&)>;

// What an errno means that a VM refuses a request with, in words that follow it.
struct Refusal {
  int code;
  const char* why;
};
using Refusals = std::vector<Refusal>;

// Connects to the VM `name` and lets `ask` ask it something. Reports what fails, and returns how
// vmctl ends.
//
// refusals  what they mean for this request; what means the same for each is known here.
ExitStatus with_vm(const Context& context, const std::string& name, const Ask& ask,
                   const Refusals& refusals = {});

// The same for what only the extended protocol has: a VM that does not speak it is not asked.
//
// command  "pause", for the message that says so.
ExitStatus with_extended_vm(const Context& context, const std::string& name, const char* command,
                            const Ask& ask, const Refusals& refusals = {});

// Does `each` with each VM, whatever became of the others. The first failure decides how vmctl
// ends.
ExitStatus for_each_vm(const std::vector<std::string>& names,
                       const std::function<ExitStatus(const std::string&)>& each);

enum class Protocol { kClassic, kExtended };

// What `vm` speaks. Asked once a connection, before any extended call.
//
// deadline  how long to wait for an answer before one of 2018 is expected, that gives none.
CallResult<Protocol> protocol_of(Client& vm, std::chrono::milliseconds deadline);

}  // namespace vm_control::vmctl
