// SPDX-License-Identifier: BSD-3-Clause
// The words for a memory balloon that BalloonStatus, BalloonStats and the events tell.
//
// The balloon is memory that the guest has given back to its host. The host sets a target; the
// guest's driver follows, and tells how far it is.
#pragma once

#include <cstdint>
#include <optional>

namespace vm_control {

enum class BalloonState : uint32_t {
  kAbsent = 0,     // the VM has no balloon device
  kNotReady = 1,   // the guest has no driver that runs: the target can't be changed
  kIdle = 2,       // the balloon is as large as its target
  kAdjusting = 3,  // the guest is on its way to the target
  kStuck = 4,      // it is not at the target, and has come no nearer for five seconds
  kUnknown = 5,    // the device never tells how far the guest is: actual_bytes is 0
};

// "absent", "not ready", "idle", "adjusting", "stuck"; "unknown" for any other number, too.
const char* to_string(BalloonState state);

struct BalloonStatus {
  BalloonState state = BalloonState::kAbsent;
  uint64_t target_bytes = 0;  // the size that the balloon is to reach
  uint64_t actual_bytes = 0;  // the size that the guest says it has
  // Since the balloon last came nearer to its target, or the target or the driver changed.
  // UINT32_MAX stands for that long and longer.
  uint32_t age_ms = 0;

  bool operator==(const BalloonStatus&) const = default;
};

// The guest's own view of its memory. A number that its driver does not offer is empty.
struct BalloonStats {
  std::optional<uint64_t> free_bytes;         // unused
  std::optional<uint64_t> available_bytes;    // what programs could get without swapping
  std::optional<uint64_t> total_bytes;        // all that the guest has, without the balloon
  std::optional<uint64_t> disk_caches_bytes;  // caches that could be dropped
  // Since the guest told them. UINT32_MAX stands for that long and longer.
  uint32_t age_ms = 0;

  bool operator==(const BalloonStats&) const = default;
};

}  // namespace vm_control
