// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/extended_request.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/extended_request_layout.h"
#include "vm_control/protocol/request_codec.h"

namespace vm_control::internal {
namespace {

template <class T>
EncodedRequest encode_as(RequestType type, const T& request) {
  EncodedRequest out = request_of(type);
  FrameWriter<RequestFrame> writer(out.bytes);
  lay_out(writer, request);
  if (auto* fd = carried_fd(request)) out.fd = fd->get();
  return out;
}

template <class T>
Result<Request> decode_as(std::span<const std::byte> frame, UniqueFd& fd) {
  FrameReader<RequestFrame> reader(frame);
  uint32_t type = 0;
  reader.field(kTypeAt, type);
  T request;
  lay_out(reader, request);
  if (!reader.rest_is_zero()) return fail(EINVAL, "decode a request with reserved bits set");
  TRY(check(request));
  if (auto* carried = carried_fd(request)) {
    if (!fd) return fail(EBADF, "decode a request without its descriptor");
    *carried = std::move(fd);
  }
  return request;
}

}  // namespace

EncodedRequest encode(const request::Hello& request) {
  return encode_as(RequestType::kHello, request);
}
EncodedRequest encode(const request::MapMemory& request) {
  return encode_as(RequestType::kMapMemory, request);
}
EncodedRequest encode(const request::UnmapMemory& request) {
  return encode_as(RequestType::kUnmapMemory, request);
}
EncodedRequest encode(const request::NextRegion& request) {
  return encode_as(RequestType::kNextRegion, request);
}
EncodedRequest encode(const request::ReadDirtyLog& request) {
  return encode_as(RequestType::kReadDirtyLog, request);
}
EncodedRequest encode(const request::RegisterIoevent& request) {
  return encode_as(RequestType::kRegisterIoevent, request);
}
EncodedRequest encode(const request::RegisterIrqfd& request) {
  return encode_as(RequestType::kRegisterIrqfd, request);
}
EncodedRequest encode(const request::UnregisterEvent& request) {
  return encode_as(RequestType::kUnregisterEvent, request);
}
EncodedRequest encode(const request::Status& request) {
  return encode_as(RequestType::kStatus, request);
}
EncodedRequest encode(const request::Pause& request) {
  return encode_as(RequestType::kPause, request);
}
EncodedRequest encode(const request::Resume& request) {
  return encode_as(RequestType::kResume, request);
}
EncodedRequest encode(const request::Subscribe& request) {
  return encode_as(RequestType::kSubscribe, request);
}
EncodedRequest encode(const request::OpenSession& request) {
  return encode_as(RequestType::kOpenSession, request);
}

Result<Request> decode_extended_request(RequestType type, std::span<const std::byte> frame,
                                        UniqueFd& fd) {
  switch (type) {
    case RequestType::kHello:
      return decode_as<request::Hello>(frame, fd);
    case RequestType::kMapMemory:
      return decode_as<request::MapMemory>(frame, fd);
    case RequestType::kUnmapMemory:
      return decode_as<request::UnmapMemory>(frame, fd);
    case RequestType::kNextRegion:
      return decode_as<request::NextRegion>(frame, fd);
    case RequestType::kReadDirtyLog:
      return decode_as<request::ReadDirtyLog>(frame, fd);
    case RequestType::kRegisterIoevent:
      return decode_as<request::RegisterIoevent>(frame, fd);
    case RequestType::kRegisterIrqfd:
      return decode_as<request::RegisterIrqfd>(frame, fd);
    case RequestType::kUnregisterEvent:
      return decode_as<request::UnregisterEvent>(frame, fd);
    case RequestType::kStatus:
      return decode_as<request::Status>(frame, fd);
    case RequestType::kPause:
      return decode_as<request::Pause>(frame, fd);
    case RequestType::kResume:
      return decode_as<request::Resume>(frame, fd);
    case RequestType::kSubscribe:
      return decode_as<request::Subscribe>(frame, fd);
    case RequestType::kOpenSession:
      return decode_as<request::OpenSession>(frame, fd);
    default:
      return fail(EOPNOTSUPP, "decode a request of a type that is unknown");
  }
}

}  // namespace vm_control::internal
