// SPDX-License-Identifier: BSD-3-Clause
// The argument of `vmctl run --session-quota` and `--user-quota`: NAME=VALUE[,NAME=VALUE...], where
// NAME is sessions, regions, events, unanswered or bytes.
#pragma once

#include <string_view>

#include "vm_control/accounts/account.h"
#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// Returns `defaults` with the values that `text` names.
// Errors: EINVAL (an unknown name; not a number; 0 unanswered requests), ERANGE.
Result<Resources> parse_quota(std::string_view text, const Resources& defaults);

}  // namespace vm_control::vmctl
