// SPDX-License-Identifier: BSD-3-Clause
// The parts of responses that need more than a name and an offset: bytes 16 to 47 of a Region, a
// BalloonStatus and a Status, which the events about them repeat; and numbers that may be missing.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "vm_control/model/balloon_status.h"
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

// All but the target.
template <class Wire, Is<BalloonStatus> Status>
constexpr void lay_out_detail(Wire& wire, Status& status) {
  wire.field("actual_bytes", 16, status.actual_bytes);
  wire.field("state", 24, status.state);
  wire.field("age_ms", 28, status.age_ms);
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

// A number that nobody has told is all ones on the wire.
inline constexpr uint64_t kNotTold = UINT64_MAX;

template <class Wire>
constexpr void lay_out_told(Wire& wire, const char* name, size_t offset,
                            const std::optional<uint64_t>& number) {
  wire.field(name, offset, number.value_or(kNotTold));
}
template <class Wire>
constexpr void lay_out_told(Wire& wire, const char* name, size_t offset,
                            std::optional<uint64_t>& number) {
  uint64_t told = kNotTold;
  wire.field(name, offset, told);
  number = told == kNotTold ? std::nullopt : std::optional(told);
}

}  // namespace vm_control::internal
