// SPDX-License-Identifier: BSD-3-Clause
// Regions of guest memory as people and scripts read them, and handles as people write them.
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

// "0x20001". In JSON it is this text, too: a number of 64 bits is more than many readers keep.
std::string format_handle(Handle handle);

// A handle as format_handle() writes it. Errors: EINVAL (no handle), ERANGE (more than 64 bits).
Result<Handle> parse_handle(std::string_view text);

// Whose it is: "pid 123 (uid 1000)", or "the VM" if it outlives all sessions.
std::string format_owner(const RegionInfo& region);

// "read-only, dirty log"; empty if there is nothing to say. Who owns it says whether it is
// detached.
std::string format_flags(const RegionInfo& region);

// All that an event tells of a region too: everything but its address.
JsonObject region_json(const RegionInfo& region);

}  // namespace vm_control::vmctl
