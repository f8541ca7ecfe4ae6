// SPDX-License-Identifier: BSD-3-Clause
// What a subscriber is told, and its 48 bytes on the wire:
//
//   type u32 | zero u32 | sequence u64 | bytes 16 to 47 of the matching response
//
// A region's event has no address (its place in the response is the sequence's here): its handle
// tells which region it is. encode() and decode_event() are pure.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "vm_control/base/result.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/model/region_info.h"
#include "vm_control/model/vm_status.h"

namespace vm_control {

enum class EventType : uint32_t {
  kLost = 0x200,  // the subscriber fell behind: some events were dropped
  kExited = 0x201,
  kPaused = 0x202,
  kResumed = 0x203,
  kBalloonChanged = 0x204,  // not sent by this version
  kRegionAdded = 0x205,
  kRegionRemoved = 0x206,
  kRegionQuarantined = 0x207,  // its memory vanished, and was replaced by filler
};

// The bit of `type` in the mask of Subscribe. Lost events are told to everybody.
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
  // Counts the events of a subscription from 1, those that were lost among them: it says so first,
  // so that the next is one more than the last received and the lost ones together.
  uint64_t sequence = 0;
  // kLost: LostEvents. kExited, kPaused, kResumed: VmStatus, with the state that the type tells and
  // without vcpus. kRegion...: RegionInfo, without address. kBalloonChanged: nothing.
  std::variant<LostEvents, VmStatus, RegionInfo, std::monostate> detail;

  bool operator==(const Event&) const = default;
};

// The frame of `event`; its detail is of the kind that its type has.
ResponseFrame encode(const Event& event);

// The event in a received message. Reserved bytes are ignored: a newer server may use them.
//
// bytes   the whole message, as long as it was.
// Errors  EPROTO  wrong size, or a type that is unknown.
Result<Event> decode_event(std::span<const std::byte> bytes);

}  // namespace vm_control
