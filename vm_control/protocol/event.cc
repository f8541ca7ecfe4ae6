// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/event.h"

#include "vm_control/base/try.h"
#include "vm_control/protocol/detail_layout.h"

namespace vm_control {
namespace {

constexpr size_t kSequenceAt = 8;

using Detail = decltype(Event::detail);

// A detail of the kind that `type` has, all zero but for the state that the type tells.
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
      return std::monostate{};
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
  internal::FrameWriter<ResponseFrame> writer(frame);
  writer.field(kTypeAt, static_cast<uint32_t>(event.type));
  writer.field(kSequenceAt, event.sequence);
  std::visit([&](const auto& detail) { internal::lay_out_detail(writer, detail); }, event.detail);
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
  reader.field(kSequenceAt, event.sequence);
  std::visit([&](auto& detail) { internal::lay_out_detail(reader, detail); }, event.detail);
  return event;
}

}  // namespace vm_control
