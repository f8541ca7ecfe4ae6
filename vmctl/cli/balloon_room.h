// SPDX-License-Identifier: BSD-3-Clause
// How much memory a guest can give without starving.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/balloon_status.h"

namespace vm_control::vmctl {

// The bytes that the guest says are available, without a reserve; nothing if it does not say.
//
// The reserve is an eighth of its memory, and at most 256 MiB; 64 MiB for a guest that does not say
// how much it has.
std::optional<uint64_t> balloon_room(const BalloonStats& stats);

}  // namespace vm_control::vmctl
