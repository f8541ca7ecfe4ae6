// SPDX-License-Identifier: BSD-3-Clause
// The text that --help prints about a command. Only sources that know CLI11 include this.
#pragma once

#include <cstddef>
#include <string>

#include <CLI/App.hpp>

namespace vm_control::vmctl {

// "vmctl memory map": a command as it is typed.
std::string full_name(const CLI::App& command);

// The help text of `command`, no line of which is longer than `columns`. With the options of the
// program, which every command takes.
std::string help_text(const CLI::App& command, size_t columns);

}  // namespace vm_control::vmctl
