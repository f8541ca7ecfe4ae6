// SPDX-License-Identifier: BSD-3-Clause
// Says what is wrong with a command line. Only sources that know CLI11 include this.
#pragma once

#include <span>
#include <string>

#include <CLI/App.hpp>

namespace vm_control::vmctl {

// "stop: unknown option --all (see 'vmctl stop --help')": the command, the mistake, and where to
// read on.
//
// error      what `program` threw.
// arguments  the command line that it was given, without its name.
std::string describe(const CLI::ParseError& error, const CLI::App& program,
                     std::span<char* const> arguments);

// The same of a word that should be a command of `command`, and is none.
std::string no_such_command(const CLI::App& command, const std::string& word);

}  // namespace vm_control::vmctl
