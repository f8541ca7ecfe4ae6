// SPDX-License-Identifier: BSD-3-Clause
// The two halves of the codec of responses: those of the original, and those beyond it.
#pragma once

#include <span>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/message_type.h"
#include "vm_control/protocol/response.h"

namespace vm_control::internal {

inline EncodedResponse response_of(ResponseType type) {
  EncodedResponse out;
  store(out.bytes, kTypeAt, static_cast<uint32_t>(type));
  return out;
}

EncodedResponse encode(const response::Ok& response);
EncodedResponse encode(const response::Err& response);
EncodedResponse encode(const response::Memory& response);
EncodedResponse encode(const response::GpuMemory& response);

EncodedResponse encode(const response::Hello& response);
EncodedResponse encode(const response::MappedMemory& response);
EncodedResponse encode(const response::Region& response);
EncodedResponse encode(const response::DirtyLog& response);
EncodedResponse encode(const response::IoeventRegistered& response);
EncodedResponse encode(const response::IrqfdRegistered& response);
EncodedResponse encode(const response::Status& response);
EncodedResponse encode(const response::Subscribed& response);
EncodedResponse encode(const response::SessionOpened& response);

// As decode_response(), of a frame whose size was looked at and whose first bytes are `type`.
Result<Response> decode_classic_response(ResponseType type, std::span<const std::byte> frame,
                                         UniqueFd fd);
Result<Response> decode_extended_response(ResponseType type, std::span<const std::byte> frame,
                                          UniqueFd fd);

inline tl::unexpected<Error> unknown_response(ResponseType type) {
  return fail(EPROTO, "decode a response of type", std::to_string(static_cast<uint32_t>(type)));
}

}  // namespace vm_control::internal
