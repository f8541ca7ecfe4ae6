// SPDX-License-Identifier: BSD-3-Clause
// What vmctl prints: results on standard output, errors on standard error.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "vm_control/base/error.h"
#include "vmctl/cli/command.h"

namespace vm_control::vmctl {

using Json = nlohmann::ordered_json;

// Prints a result: `json` as one line with --json, else `text`.
void print_result(const Context& context, const std::string& text, const Json& json);

// "vmctl: MESSAGE" on standard error.
void print_error(std::string_view message);

// The same, and the status to end with.
ExitStatus fail_with(ExitStatus status, std::string_view message);

// "vmctl: cannot ATTEMPT: ERRNO" for something on the command line, without the errno where it says
// no more than that it makes no sense.
ExitStatus fail_with_usage(const Error& error);

}  // namespace vm_control::vmctl
