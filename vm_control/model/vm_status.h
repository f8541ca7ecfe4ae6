// SPDX-License-Identifier: BSD-3-Clause
// The state of a VM, as Status, Subscribe and the events report it.
#pragma once

#include <cstdint>

namespace vm_control {

enum class VmState : uint32_t {
  kRunning = 1,
  kPaused = 2,  // no vCPU runs guest code
  kExited = 3,
};

// "running", "paused", "exited"; "unknown" for any other number.
const char* to_string(VmState state);

struct VmStatus {
  VmState state = VmState::kRunning;
  uint32_t vcpus = 0;
  uint64_t ram_bytes = 0;
  uint64_t uptime_ns = 0;  // since the VM was created, including pauses
  uint32_t regions = 0;    // of device memory
  uint32_t sessions = 0;
  uint32_t pid = 0;  // of the process that owns the VM

  bool operator==(const VmStatus&) const = default;
};

}  // namespace vm_control
