// SPDX-License-Identifier: BSD-3-Clause
// Makes bytes from outside, such as the output of a program or the name of a file, fit to be shown
// on a terminal that reads UTF-8.
// Pure. Threads: any.
#pragma once

#include <string>
#include <string_view>

namespace vm_control {

// Returns `bytes` with \xHH for each byte that is not part of a printable character of UTF-8:
// control characters, also those above ASCII, and characters that are invisible or change the
// direction of others. A backslash stays one.
//
// kept  a control character that stays.
std::string printable(std::string_view bytes, char kept = '\0');

}  // namespace vm_control
