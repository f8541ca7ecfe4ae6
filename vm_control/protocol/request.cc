// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/codec.h"

namespace vm_control {
namespace {

using DecodeRequest = Result<Request>(std::span<const std::byte> frame, UniqueFd& fd);

template <class Each>
Result<Request> decode_request_as(std::span<const std::byte> frame, UniqueFd& fd) {
  internal::FrameReader<RequestFrame> reader(frame);
  Each request;
  lay_out(reader, request);
  if (is_extended(Each::kType) && !reader.rest_is_zero()) {
    return fail(EINVAL, "decode a request with reserved bits set");
  }
  if constexpr (requires { request.check(); }) TRY(request.check());
  if constexpr (CarriesDescriptor<Each>) {
    if (!fd) return fail(EBADF, "decode a request without its descriptor");
    request.*Each::kDescriptor.member = std::move(fd);
  }
  return request;
}

static_assert(internal::types_differ(std::type_identity<Request>()));

}  // namespace

EncodedRequest encode(const Request& request) {
  return std::visit([](const auto& each) { return internal::encode_as<EncodedRequest>(each); },
                    request);
}

MaybeOwnedFd* carried_fd(Request& request) {
  return std::visit(
      []<class Each>(Each& each) -> MaybeOwnedFd* {
        if constexpr (CarriesDescriptor<Each>) return &(each.*Each::kDescriptor.member);
        return nullptr;
      },
      request);
}

Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd& fd) {
  if (bytes.size() != kRequestSize) return fail(EMSGSIZE, "decode a request");
  DecodeRequest* decode = nullptr;
  internal::find_type(
      load<uint32_t>(bytes, kTypeAt), std::type_identity<Request>(),
      [&]<class Each>(std::type_identity<Each>) { decode = decode_request_as<Each>; });
  if (!decode) return fail(EOPNOTSUPP, "decode a request of a type that is unknown");
  return decode(bytes, fd);
}

}  // namespace vm_control
