// SPDX-License-Identifier: BSD-3-Clause
// The subcommands of 'vmctl memory', and what they share.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "vmctl/cli/command.h"
#include "vmctl/cli/vm.h"

namespace vm_control::vmctl {

void add_memory_list(CLI::App& memory, Context& context);
void add_memory_map(CLI::App& memory, Context& context);
void add_memory_unmap(CLI::App& memory, Context& context);
void add_memory_dirty(CLI::App& memory, Context& context);
void add_memory_register(CLI::App& memory, Context& context);
void add_memory_unregister(CLI::App& memory, Context& context);

// What a VM refuses to map memory for.
const Refusals& mapping_refusals();

// What it says of a handle that it has no region for, or none of this caller's.
inline constexpr const char* kNoSuchRegion =
    "no such region of yours ('vmctl memory list' shows the regions)";

}  // namespace vm_control::vmctl
