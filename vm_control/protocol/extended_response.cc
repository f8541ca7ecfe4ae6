// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include "vm_control/protocol/extended_response_layout.h"
#include "vm_control/protocol/response_codec.h"

namespace vm_control::internal {
namespace {

template <class T>
EncodedResponse encode_as(ResponseType type, const T& response) {
  EncodedResponse out = response_of(type);
  FrameWriter<ResponseFrame> writer(out.bytes);
  lay_out(writer, response);
  if (auto* fd = carried_fd(response)) out.fd = fd->get();
  return out;
}

// What is reserved is ignored: a newer server may have given it a meaning.
template <class T>
Result<Response> decode_as(std::span<const std::byte> frame, UniqueFd fd) {
  FrameReader<ResponseFrame> reader(frame);
  T response;
  lay_out(reader, response);
  if (auto* carried = carried_fd(response)) {
    if (!fd) return fail(EPROTO, "decode a response without its file descriptor");
    *carried = std::move(fd);
  }
  return response;
}

}  // namespace

EncodedResponse encode(const response::Hello& response) {
  return encode_as(ResponseType::kHello, response);
}
EncodedResponse encode(const response::MappedMemory& response) {
  return encode_as(ResponseType::kMappedMemory, response);
}
EncodedResponse encode(const response::Region& response) {
  return encode_as(ResponseType::kRegion, response);
}
EncodedResponse encode(const response::DirtyLog& response) {
  return encode_as(ResponseType::kDirtyLog, response);
}
EncodedResponse encode(const response::IoeventRegistered& response) {
  return encode_as(ResponseType::kIoeventRegistered, response);
}
EncodedResponse encode(const response::IrqfdRegistered& response) {
  return encode_as(ResponseType::kIrqfdRegistered, response);
}
EncodedResponse encode(const response::Status& response) {
  return encode_as(ResponseType::kStatus, response);
}
EncodedResponse encode(const response::Subscribed& response) {
  return encode_as(ResponseType::kSubscribed, response);
}
EncodedResponse encode(const response::SessionOpened& response) {
  return encode_as(ResponseType::kSessionOpened, response);
}

Result<Response> decode_extended_response(ResponseType type, std::span<const std::byte> frame,
                                          UniqueFd fd) {
  switch (type) {
    case ResponseType::kHello:
      return decode_as<response::Hello>(frame, std::move(fd));
    case ResponseType::kMappedMemory:
      return decode_as<response::MappedMemory>(frame, std::move(fd));
    case ResponseType::kRegion:
      return decode_as<response::Region>(frame, std::move(fd));
    case ResponseType::kDirtyLog:
      return decode_as<response::DirtyLog>(frame, std::move(fd));
    case ResponseType::kIoeventRegistered:
      return decode_as<response::IoeventRegistered>(frame, std::move(fd));
    case ResponseType::kIrqfdRegistered:
      return decode_as<response::IrqfdRegistered>(frame, std::move(fd));
    case ResponseType::kStatus:
      return decode_as<response::Status>(frame, std::move(fd));
    case ResponseType::kSubscribed:
      return decode_as<response::Subscribed>(frame, std::move(fd));
    case ResponseType::kSessionOpened:
      return decode_as<response::SessionOpened>(frame, std::move(fd));
    default:
      return unknown_response(type);
  }
}

}  // namespace vm_control::internal
