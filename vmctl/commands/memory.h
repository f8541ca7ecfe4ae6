// SPDX-License-Identifier: BSD-3-Clause
// The subcommands of 'vmctl memory', and what they share.
#pragma once

#include <string>

#include "vmctl/cli/command_line.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/vm.h"

namespace vm_control::vmctl {

void add_memory_list(Command memory, const Context& context);
void add_memory_map(Command memory, const Context& context);
void add_memory_unmap(Command memory, const Context& context);
void add_memory_dirty(Command memory, const Context& context);
void add_memory_register(Command memory, const Context& context);
void add_memory_unregister(Command memory, const Context& context);

// Takes memory out of the guest again since the user can't be told of it, and has the error message
// say so. If that fails, too, another message tells it.
void take_back_memory(const Context& context, const std::string& name, Client& vm, Slot slot);

// The reasons for which a VM refuses to map memory.
const Refusals& mapping_refusals();

// The meaning of ENOENT for a handle.
inline constexpr const char* kNoSuchRegion =
    "no such region of yours ('vmctl memory list' shows the regions)";

}  // namespace vm_control::vmctl
