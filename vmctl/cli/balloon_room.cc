// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/balloon_room.h"

#include <algorithm>

namespace vm_control::vmctl {

std::optional<uint64_t> balloon_room(const BalloonStats& stats) {
  if (!stats.available_bytes) return std::nullopt;
  constexpr uint64_t kMostReserve = uint64_t{256} << 20;
  constexpr uint64_t kUsualMemory = uint64_t{512} << 20;
  uint64_t reserve = std::min(stats.total_bytes.value_or(kUsualMemory) / 8, kMostReserve);
  return *stats.available_bytes - std::min(reserve, *stats.available_bytes);
}

}  // namespace vm_control::vmctl
