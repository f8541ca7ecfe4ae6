// SPDX-License-Identifier: BSD-3-Clause
// Bytes 16 to 47 of a Region and of a Status, which the events about them repeat.
#pragma once

#include <concepts>
#include <type_traits>

#include "vm_control/model/region_info.h"
#include "vm_control/model/vm_status.h"

namespace vm_control::internal {

// T, constant or not: a writer is given constants.
template <class Actual, class T>
concept Is = std::same_as<std::remove_const_t<Actual>, T>;

// All but the address.
template <class Wire, Is<RegionInfo> Info>
constexpr void lay_out_detail(Wire& wire, Info& info) {
  wire.field("size", 16, info.size);
  wire.field("handle", 24, info.handle);
  wire.field("flags", 32, info.flags);
  wire.field("owner_pid", 36, info.owner_pid);
  wire.field("owner_uid", 40, info.owner_uid);
  wire.field("slot", 44, info.slot);
}

// All but state and vcpus.
template <class Wire, Is<VmStatus> Status>
constexpr void lay_out_detail(Wire& wire, Status& status) {
  wire.field("ram_bytes", 16, status.ram_bytes);
  wire.field("uptime_ns", 24, status.uptime_ns);
  wire.field("regions", 32, status.regions);
  wire.field("sessions", 36, status.sessions);
  wire.field("pid", 40, status.pid);
}

}  // namespace vm_control::internal
