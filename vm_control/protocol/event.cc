// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/event.h"

#include "vm_control/base/try.h"
#include "vm_control/protocol/detail_layout.h"
#include "vm_control/protocol/layout_check.h"

namespace vm_control {
namespace {

using internal::Is;
using internal::lay_out_detail;

template <class Wire, Is<LostEvents> Lost>
constexpr void lay_out_detail(Wire& wire, Lost& lost) {
  wire.field("count", 16, lost.count);
}

// All of an event but its type.
template <class Wire, class Sequence, class Detail>
constexpr void lay_out_event(Wire& wire, Sequence& sequence, Detail& detail) {
  wire.field("sequence", 8, sequence);
  lay_out_detail(wire, detail);
}

template <class Detail>
constexpr bool event_is_sound() {
  internal::LayoutChecker<ResponseFrame> checker(8);
  const uint64_t sequence = 0;
  const Detail detail{};
  lay_out_event(checker, sequence, detail);
  return checker.is_sound();
}
static_assert(event_is_sound<LostEvents>() && event_is_sound<VmStatus>() &&
              event_is_sound<RegionInfo>() && event_is_sound<BalloonStatus>());

using Detail = decltype(Event::detail);

// An empty detail of the kind that `type` has. Of a status, the type tells the state.
Result<Detail> empty_detail(EventType type) {
  switch (type) {
    case EventType::kLost:
      return LostEvents{};
    case EventType::kExited:
      return VmStatus{.state = VmState::kExited};
    case EventType::kPaused:
      return VmStatus{.state = VmState::kPaused};
    case EventType::kResumed:
      return VmStatus{.state = VmState::kRunning};
    case EventType::kBalloonChanged:
      return BalloonStatus{};
    case EventType::kRegionAdded:
    case EventType::kRegionRemoved:
    case EventType::kRegionQuarantined:
      return RegionInfo{};
  }
  return fail(EPROTO, "decode an event of type", std::to_string(static_cast<uint32_t>(type)));
}

}  // namespace

ResponseFrame encode(const Event& event) {
  ResponseFrame frame{};
  store(frame, kTypeAt, static_cast<uint32_t>(event.type));
  internal::FrameWriter<ResponseFrame> writer(frame);
  std::visit([&](const auto& detail) { lay_out_event(writer, event.sequence, detail); },
             event.detail);
  return frame;
}

Result<Event> decode_event(std::span<const std::byte> bytes) {
  if (bytes.size() != kResponseSize) {
    return fail(EPROTO, "decode an event of", std::to_string(bytes.size()) + " bytes");
  }
  Event event;
  event.type = static_cast<EventType>(load<uint32_t>(bytes, kTypeAt));
  event.detail = TRY(empty_detail(event.type));
  internal::FrameReader<ResponseFrame> reader(bytes);
  std::visit([&](auto& detail) { lay_out_event(reader, event.sequence, detail); }, event.detail);
  return event;
}

}  // namespace vm_control
