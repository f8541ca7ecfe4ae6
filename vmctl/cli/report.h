// SPDX-License-Identifier: BSD-3-Clause
// Prints results on standard output, and errors on standard error; what a terminal would obey is
// escaped, as printable() says.
#pragma once

#include <string>
#include <string_view>

#include "vm_control/base/error.h"
#include "vmctl/cli/context.h"
#include "vmctl/cli/exit_status.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

// Prints a result as one line of JSON with --json, as `text`, which may have several lines,
// otherwise. Returns whether it could be written: Output tells why not.
bool print_result(const Context& context, std::string_view text, const JsonObject& json);

// The same for something that was done, in one line. If that can't be written, the error message
// tells it.
bool print_done(const Context& context, std::string_view text, const JsonObject& json);

// Prints `text`, which may have several lines, and a newline.
void print_text(const Context& context, std::string_view text);

// Prints "vmctl: MESSAGE" on standard error. There is nowhere to tell that this fails.
void print_error(std::string_view message);

// Prints an error and returns `status`, for the caller to end with.
ExitStatus fail_with(ExitStatus status, std::string_view message);

// Prints "vmctl: cannot ATTEMPT: ERRNO" for a mistake on the command line, without the errno if
// that says only that the arguments make no sense. Returns kUsage.
ExitStatus fail_with_usage(const Error& error);

}  // namespace vm_control::vmctl
