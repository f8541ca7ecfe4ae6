// SPDX-License-Identifier: BSD-3-Clause
// Makes bytes of an untrusted program fit to be shown on a terminal that reads UTF-8.
// Pure. Threads: any.
#pragma once

#include <string>
#include <string_view>

namespace vm_control::vmhost {

// Returns `bytes` with \xHH for each byte that is not part of a printable character of UTF-8:
// control characters, also those above ASCII, and characters that are invisible or change the
// direction of others. A backslash stays one.
std::string printable(std::string_view bytes);

}  // namespace vm_control::vmhost
