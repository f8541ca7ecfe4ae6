// SPDX-License-Identifier: BSD-3-Clause
// How much memory a guest can give without starving.
#pragma once

#include <cstdint>
#include <optional>

#include "vm_control/model/balloon_status.h"

namespace vm_control::vmctl {

// What the guest keeps in reserve, at the least: 64 MiB, or a twentieth of its memory if that is
// more.
inline constexpr uint64_t kLeastReserve = uint64_t{64} << 20;

// The bytes that the guest says are available, without its reserve; nothing if it does not say.
std::optional<uint64_t> balloon_room(const BalloonStats& stats);

}  // namespace vm_control::vmctl
