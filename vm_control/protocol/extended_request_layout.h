// SPDX-License-Identifier: BSD-3-Clause
// Where the fields of each extended request stand in its frame, and which values they may have.
#pragma once

#include "vm_control/base/result.h"
#include "vm_control/protocol/event.h"
#include "vm_control/protocol/extended_request.h"
#include "vm_control/protocol/frame_layout.h"

namespace vm_control::internal {

template <class Wire, Is<request::Hello> Request>
void lay_out(Wire& wire, Request& request) {
  wire.field(4, request.version);
}

template <class Wire, Is<request::MapMemory> Request>
void lay_out(Wire& wire, Request& request) {
  wire.flag(4, 1u << 0, request.read_only);
  wire.optional(4, 1u << 1, Bit::kHasIt, 24, request.at);
  wire.flag(4, 1u << 2, request.detached);
  wire.flag(4, 1u << 3, request.log_dirty);
  wire.field(8, request.size);
  wire.field(16, request.offset);
}

template <class Wire, class Request>
requires Is<Request, request::UnmapMemory> || Is<Request, request::ReadDirtyLog> ||
    Is<Request, request::UnregisterEvent>
void lay_out(Wire& wire, Request& request) {
  wire.field(8, request.handle);
}

template <class Wire, Is<request::NextRegion> Request>
void lay_out(Wire& wire, Request& request) {
  wire.optional(4, 1u << 0, Bit::kLacksIt, 8, request.after);
  wire.flag(4, 1u << 1, request.layout);
}

template <class Wire, Is<request::RegisterIoevent> Request>
void lay_out(Wire& wire, Request& request) {
  auto& ioevent = request.ioevent;
  wire.choice(4, 1u << 0, ioevent.space, Ioevent::Space::kMemory, Ioevent::Space::kPort);
  wire.optional(4, 1u << 1, Bit::kHasIt, 16, ioevent.datamatch);
  wire.field(8, ioevent.address);
  wire.field(24, ioevent.length);
}

template <class Wire, Is<request::RegisterIrqfd> Request>
void lay_out(Wire& wire, Request& request) {
  wire.field(4, request.gsi);
}

template <class Wire, Is<request::Subscribe> Request>
void lay_out(Wire& wire, Request& request) {
  wire.field(4, request.events);
}

template <class Wire, class Request>
requires std::is_empty_v<Request>
void lay_out(Wire&, Request&) {}

// Whether the values mean something. Errors: EINVAL.
template <class Request>
Result<void> check(const Request&) {
  return {};
}

inline Result<void> check(const request::Hello& request) {
  if (request.version == 0) return fail(EINVAL, "decode a Hello of version 0");
  return {};
}

inline Result<void> check(const request::RegisterIoevent& request) {
  uint32_t length = request.ioevent.length;
  bool known = length == 0 || length == 1 || length == 2 || length == 4 || length == 8;
  if (!known) return fail(EINVAL, "decode an ioevent of a length that no guest writes");
  return {};
}

inline Result<void> check(const request::Subscribe& request) {
  if (request.events == 0) return fail(EINVAL, "decode a subscription to no event");
  if (request.events & ~kAllEvents) return fail(EINVAL, "decode a subscription to unknown events");
  return {};
}

}  // namespace vm_control::internal
