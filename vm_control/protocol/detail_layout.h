// SPDX-License-Identifier: BSD-3-Clause
// Where bytes 16 to 47 of a Region and of a Status stand, which an event repeats.
#pragma once

#include "vm_control/protocol/event.h"
#include "vm_control/protocol/frame_layout.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/vm_status.h"

namespace vm_control::internal {

// All but the address.
template <class Wire, Is<RegionInfo> Info>
void lay_out_detail(Wire& wire, Info& info) {
  wire.field(16, info.size);
  wire.field(24, info.handle);
  wire.field(32, info.flags);
  wire.field(36, info.owner_pid);
  wire.field(40, info.owner_uid);
  wire.field(44, info.slot);
}

// All but state and vcpus.
template <class Wire, Is<VmStatus> Status>
void lay_out_detail(Wire& wire, Status& status) {
  wire.field(16, status.ram_bytes);
  wire.field(24, status.uptime_ns);
  wire.field(32, status.regions);
  wire.field(36, status.sessions);
  wire.field(40, status.pid);
}

template <class Wire, Is<LostEvents> Lost>
void lay_out_detail(Wire& wire, Lost& lost) {
  wire.field(16, lost.count);
}

template <class Wire, Is<std::monostate> Nothing>
void lay_out_detail(Wire&, Nothing&) {}

}  // namespace vm_control::internal
