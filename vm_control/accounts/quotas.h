// SPDX-License-Identifier: BSD-3-Clause
// The limits of each session, and of all sessions of a user together. The defaults suit one VM with
// some device processes: no user can use up what the hypervisor has, so others find room.
#pragma once

#include "vm_control/accounts/account.h"

namespace vm_control {

struct Quotas {
  Resources session{.sessions = 8,
                    .regions = 1024,
                    .events = 128,
                    .unanswered = 64,
                    .in_flight = 32,
                    .bytes = uint64_t{64} << 30,
                    .in_flight_bytes = uint64_t{1} << 30};
  // An adopted connection counts as a user of its own.
  Resources user{.sessions = 64,
                 .regions = 4096,
                 .events = 384,  // KVM takes 1000 ioevents a bus from all users together
                 .unanswered = 1024,
                 .in_flight = 256,
                 .bytes = uint64_t{256} << 30,
                 .detached = uint64_t{256} << 20,
                 .in_flight_bytes = uint64_t{1} << 30};
};

}  // namespace vm_control
