// SPDX-License-Identifier: BSD-3-Clause
// Connects a subcommand to its VM, and tells the user what failed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vm_control/client/client.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/exit_status.h"

namespace vm_control::vmctl {

using Ask = std::function<CallResult<>(Client&)>;

// The meaning of an errno with which a VM refuses a request, as the words that follow it.
struct Refusal {
  int code;
  const char* why;
};
using Refusals = std::vector<Refusal>;

// Connects to the VM `name` and calls `ask`. Reports what fails, and returns the exit status. All
// calls of the client together take no longer than the timeout.
//
// refusals  meanings that are particular to this request; vm.cc knows those that all requests
// share.
ExitStatus with_vm(const Context& context, const std::string& name, const Ask& ask,
                   const Refusals& refusals = {});

// The same for requests of the extended protocol. Reports an error, instead of calling `ask`, if
// the VM does not speak it.
//
// command  the subcommand, for that message: "pause".
ExitStatus with_extended_vm(const Context& context, const std::string& name, const char* command,
                            const Ask& ask, const Refusals& refusals = {});

// Calls `each` for every VM, also after one has failed. Returns the first failure.
ExitStatus for_each_vm(const std::vector<std::string>& names,
                       const std::function<ExitStatus(const std::string&)>& each);

enum class Protocol { kClassic, kExtended };

// Asks `vm` which protocol it speaks. Call it once a connection, before any extended call.
//
// deadline  how long to wait for the answer, which crosvm's 2018 server never gives.
CallResult<Protocol> protocol_of(Client& vm, std::chrono::milliseconds deadline);

}  // namespace vm_control::vmctl
