// SPDX-License-Identifier: BSD-3-Clause
// What happens to a VM, as people and scripts read it.
#pragma once

#include <string>

#include "vm_control/protocol/event.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

// "   3  region added     handle 0x20001  64 KiB  slot 1  pid 123 (uid 1000)": its sequence,
// what it is, and what that type tells.
std::string format_event(const Event& event);

// The same. The type is "lost", "exited", "paused", "resumed", "balloon_changed", "region_added",
// "region_removed", "region_quarantined".
JsonObject event_json(const std::string& vm, const Event& event);

}  // namespace vm_control::vmctl
