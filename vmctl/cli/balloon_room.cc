// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/balloon_room.h"

#include <algorithm>

namespace vm_control::vmctl {

std::optional<uint64_t> balloon_room(const BalloonStats& stats) {
  if (!stats.available_bytes) return std::nullopt;
  uint64_t reserve = std::max(kLeastReserve, stats.total_bytes.value_or(0) / 20);
  return *stats.available_bytes - std::min(reserve, *stats.available_bytes);
}

}  // namespace vm_control::vmctl
