// SPDX-License-Identifier: BSD-3-Clause
// What 'vmctl list' and 'vmctl status' share.
#pragma once

#include <string>
#include <vector>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// The VMs whose sockets are in the runtime directory, as the command line takes them: names, or
// paths where the name could not be typed. Errors: as runtime_directory() says.
Result<std::vector<std::string>> all_vms();

// "no VMs in DIRECTORY ('vmctl run' starts one)". There is a runtime directory.
std::string no_vms();

}  // namespace vm_control::vmctl
