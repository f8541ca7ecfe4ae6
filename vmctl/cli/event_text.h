// SPDX-License-Identifier: BSD-3-Clause
// Events of a VM as text for people and as JSON for scripts.
#pragma once

#include <string>

#include "vm_control/protocol/event.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

// "   3  region added     handle 0x20001  64 KiB  slot 1  pid 123 (uid 1000)": the event's sequence
// number, its type and its detail.
std::string format_event(const Event& event);

// The same as JSON. The type is "lost", "exited", "paused", "resumed", "balloon_changed",
// "region_added", "region_removed", "region_quarantined".
JsonObject event_json(const std::string& vm, const Event& event);

}  // namespace vm_control::vmctl
