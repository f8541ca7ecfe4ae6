// SPDX-License-Identifier: BSD-3-Clause
// Parses options within an argument: NAME=VALUE,NAME=VALUE.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "vm_control/base/result.h"

namespace vm_control::vmctl {

struct ListedOption {
  std::string_view name;
  std::function<Result<void>(std::string_view value)> set;
};

// Calls set() of each option of `known` that `text` names.
// Errors: EINVAL (an option is unknown, has no value, or comes twice), and as set() says.
Result<void> apply_options(std::string_view text, std::span<const ListedOption> known);

}  // namespace vm_control::vmctl
