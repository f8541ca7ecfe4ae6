// SPDX-License-Identifier: BSD-3-Clause
// The events that a VM reports to its subscribers, and their 48 bytes on the wire:
//
//   type u32 | zero u32 | sequence u64 | bytes 16 to 47 of the matching response
//
// The sequence stands in the place of a region's address, of which the handle tells which it is;
// and in that of a balloon's target, which BalloonStatus tells. encode() and decode_event() are
// pure: they make no system call, and allocate only for the text of an error.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "vm_control/base/result.h"
#include "vm_control/model/balloon_status.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/vm_status.h"
#include "vm_control/protocol/frame.h"

namespace vm_control {

enum class EventType : uint32_t {
  kLost = 0x200,  // events were dropped because the subscriber read too slowly
  kExited = 0x201,
  kPaused = 0x202,
  kResumed = 0x203,
  kBalloonChanged = 0x204,
  kRegionAdded = 0x205,
  kRegionRemoved = 0x206,
  kRegionQuarantined = 0x207,  // its memory vanished, and filler replaced it
};

// The bit of `type` in the mask of Subscribe. That of kLost is not in kAllEvents: all subscribers
// get it.
constexpr uint32_t event_bit(EventType type) {
  return 1u << (static_cast<uint32_t>(type) - static_cast<uint32_t>(EventType::kLost));
}
inline constexpr uint32_t kAllEvents = 0xfe;

struct LostEvents {
  uint64_t count = 0;

  bool operator==(const LostEvents&) const = default;
};

struct Event {
  EventType type = EventType::kLost;
  // Counts the events of a subscription from 1, lost ones included. That of a kLost is the number
  // of the last event that was lost.
  uint64_t sequence = 0;
  // LostEvents for kLost. VmStatus for kExited, kPaused and kResumed, with the state that the type
  // tells, and without vcpus. RegionInfo for kRegion..., without address. BalloonStatus for
  // kBalloonChanged, without target.
  std::variant<LostEvents, VmStatus, RegionInfo, BalloonStatus> detail;

  bool operator==(const Event&) const = default;
};

// The frame of `event`, whose detail must be of the kind that its type has.
ResponseFrame encode(const Event& event);

// The event in a received message. Reserved bytes are ignored, because a newer server may use them.
//
// bytes   the whole message, whatever its size.
// Errors  EPROTO  the size is wrong, or the type is unknown.
Result<Event> decode_event(std::span<const std::byte> bytes);

}  // namespace vm_control
