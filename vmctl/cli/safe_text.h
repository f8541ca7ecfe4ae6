// SPDX-License-Identifier: BSD-3-Clause
// Text from outside, such as the name of a file, for a terminal to print.
#pragma once

#include <string>
#include <string_view>

namespace vm_control::vmctl {

// Returns `text` with "\xNN" for each byte that a terminal might obey or can't print: control
// characters, those that change the direction of writing, and what is not UTF-8.
//
// kept  a control character that stays.
std::string safe_text(std::string_view text, char kept = '\0');

}  // namespace vm_control::vmctl
