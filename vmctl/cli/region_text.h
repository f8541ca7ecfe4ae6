// SPDX-License-Identifier: BSD-3-Clause
// Regions of guest memory as text for people and as JSON for scripts, and handles as people type
// them.
#pragma once

#include <string>
#include <string_view>

#include "vm_control/base/result.h"
#include "vm_control/model/guest_address.h"
#include "vm_control/model/handle.h"
#include "vm_control/model/region_info.h"
#include "vmctl/cli/json.h"

namespace vm_control::vmctl {

// "0x80000000"
std::string format_address(GuestAddress address);

// "0x20001". JSON has this text, too, since many JSON readers do not keep numbers of 64 bits.
std::string format_handle(Handle handle);

// Parses a handle as format_handle() writes it.
// Errors: EINVAL (not a handle), ERANGE (more than 64 bits).
Result<Handle> parse_handle(std::string_view text);

// The owner of a region: "pid 123 (uid 1000)", or "the VM" if the region outlives all sessions.
std::string format_owner(const RegionInfo& region);

// "read-only, dirty log"; empty for a region without these flags. The owner, not this, tells
// whether a region is detached.
std::string format_flags(const RegionInfo& region);

// The members that events have, too: all of the region but its address.
JsonObject region_json(const RegionInfo& region);

}  // namespace vm_control::vmctl
