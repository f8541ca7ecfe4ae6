// SPDX-License-Identifier: BSD-3-Clause
// Where the fields of each extended response stand in its frame, and which descriptor goes along.
#pragma once

#include "vm_control/protocol/detail_layout.h"
#include "vm_control/protocol/frame_layout.h"
#include "vm_control/protocol/response.h"

namespace vm_control::internal {

template <class Wire, Is<response::Hello> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.features);
  wire.field(16, response.version);
  wire.field(20, response.allowed);
  wire.field(24, response.max_regions);
  wire.field(28, response.max_events);
  wire.field(32, response.max_bytes);
  wire.field(40, response.pid);
}

template <class Wire, Is<response::MappedMemory> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.address);
  wire.field(16, response.handle);
  wire.field(24, response.size);
  wire.field(32, response.slot);
}

template <class Wire, Is<response::Region> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.info.address);
  lay_out_detail(wire, response.info);
}

template <class Wire, Is<response::DirtyLog> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.bitmap_bytes);
}

template <class Wire, class Response>
requires Is<Response, response::IoeventRegistered> || Is<Response, response::IrqfdRegistered>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.handle);
}

template <class Wire, Is<response::Status> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.status.state);
  wire.field(12, response.status.vcpus);
  lay_out_detail(wire, response.status);
}

template <class Wire, Is<response::Subscribed> Response>
void lay_out(Wire& wire, Response& response) {
  wire.field(8, response.state);
}

template <class Wire, Is<response::SessionOpened> Response>
void lay_out(Wire&, Response&) {}

// The descriptor that a response carries; null if it carries none.
template <class Response>
auto* carried_fd(Response& response) {
  if constexpr (requires { response.bitmap; }) {
    return &response.bitmap;
  } else if constexpr (requires { response.events; }) {
    return &response.events;
  } else if constexpr (requires { response.session; }) {
    return &response.session;
  } else {
    return static_cast<UniqueFd*>(nullptr);
  }
}

}  // namespace vm_control::internal
