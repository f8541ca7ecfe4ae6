// SPDX-License-Identifier: BSD-3-Clause
// Events of a VM as text for people and as JSON for scripts.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "vm_control/model/guest_address.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/event.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

using WallTime = std::chrono::system_clock::time_point;

// An event as vmctl saw it.
struct SeenEvent {
  WallTime time;
  std::string vm;
  Event event;
  std::optional<GuestAddress> address;  // of its region, if that is known
};

// "2026-11-26 10:04:05  demo     3  region added     0x80000000  handle 0x20001  64 KiB  slot 1
// pid 123 (uid 1000)": the local time, the VM, the event's sequence number, its type and its detail.
std::string format_event(const SeenEvent& seen);

// The same as JSON; its time is that of UTC. The type is "lost", "exited", "paused", "resumed",
// "balloon_changed", "region_added", "region_removed", "region_quarantined".
JsonObject event_json(const SeenEvent& seen);

// "2026-11-26 10:04:05  demo is running": the state before the first event.
std::string format_state(WallTime time, const std::string& vm, VmState state);
// The same as an event of type "state".
JsonObject state_json(WallTime time, const std::string& vm, VmState state);

}  // namespace vm_control::vmctl
