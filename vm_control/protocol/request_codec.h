// SPDX-License-Identifier: BSD-3-Clause
// The two halves of the codec of requests: those of the original, and those beyond it.
#pragma once

#include <span>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/message_type.h"
#include "vm_control/protocol/request.h"

namespace vm_control::internal {

inline EncodedRequest request_of(RequestType type) {
  EncodedRequest out;
  store(out.bytes, kTypeAt, static_cast<uint32_t>(type));
  return out;
}

EncodedRequest encode(const request::Exit& request);
EncodedRequest encode(const request::RegisterMemory& request);
EncodedRequest encode(const request::UnregisterMemory& request);
EncodedRequest encode(const request::BalloonAdjust& request);
EncodedRequest encode(const request::AllocateAndRegisterGpuMemory& request);

EncodedRequest encode(const request::Hello& request);
EncodedRequest encode(const request::MapMemory& request);
EncodedRequest encode(const request::UnmapMemory& request);
EncodedRequest encode(const request::NextRegion& request);
EncodedRequest encode(const request::ReadDirtyLog& request);
EncodedRequest encode(const request::RegisterIoevent& request);
EncodedRequest encode(const request::RegisterIrqfd& request);
EncodedRequest encode(const request::UnregisterEvent& request);
EncodedRequest encode(const request::Status& request);
EncodedRequest encode(const request::Pause& request);
EncodedRequest encode(const request::Resume& request);
EncodedRequest encode(const request::Subscribe& request);
EncodedRequest encode(const request::OpenSession& request);

// The descriptor that a request carries; null if it carries none.
template <class Request>
auto* carried_fd(Request& request) {
  if constexpr (requires { request.fd; }) {
    return &request.fd;
  } else if constexpr (requires { request.event; }) {
    return &request.event;
  } else {
    return static_cast<MaybeOwnedFd*>(nullptr);
  }
}

// As decode_request(), of a frame whose size was looked at and whose first bytes are `type`.
Result<Request> decode_classic_request(RequestType type, std::span<const std::byte> frame,
                                       UniqueFd& fd);
Result<Request> decode_extended_request(RequestType type, std::span<const std::byte> frame,
                                        UniqueFd& fd);

}  // namespace vm_control::internal
