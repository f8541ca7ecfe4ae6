// SPDX-License-Identifier: BSD-3-Clause
// A quota, as `vmctl run --session-quota` and `--user-quota` are told: NAME=VALUE[,NAME=VALUE...],
// where NAME is sessions, regions, events, unanswered or bytes.
#pragma once

#include <string_view>

#include "vm_control/accounts/account.h"
#include "vm_control/base/result.h"

namespace vm_control::vmctl {

// `defaults`, but for what `text` names.
// Errors: EINVAL (a name that there is not, or no number; no unanswered requests at all), ERANGE.
Result<Resources> parse_quota(std::string_view text, const Resources& defaults);

}  // namespace vm_control::vmctl
