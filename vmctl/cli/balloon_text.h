// SPDX-License-Identifier: BSD-3-Clause
// The state of a balloon as text for people and as JSON for scripts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vm_control/model/balloon_status.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

struct BalloonReport {
  BalloonStatus status;
  std::optional<uint64_t> resident_bytes;  // of the host's memory, if that is known
  std::optional<BalloonStats> stats;       // if the guest tells them
};

// Lines with a name and a value each.
std::string format_balloon(const BalloonReport& report);

// All in bytes and milliseconds; null where a number is not known.
JsonObject balloon_json(const std::string& vm, const BalloonReport& report);

// "[#####...............]  25%  64 MiB of 256 MiB": how far the balloon has come on its way from
// `start_bytes` to its target.
std::string progress_bar(const BalloonStatus& status, uint64_t start_bytes);

}  // namespace vm_control::vmctl
