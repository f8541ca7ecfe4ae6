// SPDX-License-Identifier: BSD-3-Clause
// The options that say which users may use a socket, and for which requests. Each sets its part of
// a policy, which outlives the option.
#pragma once

#include <sys/types.h>

#include <optional>

#include "vm_control/accounts/socket_policy.h"
#include "vmctl/run/option_list.h"

namespace vm_control::vmctl {

ListedOption allow_option(SocketPolicy& policy);      // allow=memory+events
ListedOption uid_option(SocketPolicy& policy);        // uid=1000+1001
ListedOption user_option(std::optional<uid_t>& uid);  // uid=1000: one user, no policy
ListedOption mode_option(SocketPolicy& policy);       // mode=0660, in octal
ListedOption sealing_option(SocketPolicy& policy);    // sealing=prefer|require
ListedOption doorbells_option(SocketPolicy& policy);  // doorbells=direct|relay

}  // namespace vm_control::vmctl
