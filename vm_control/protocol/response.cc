// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/response.h"

#include <string>
#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/protocol/codec.h"

namespace vm_control {
namespace {

using DecodeResponse = Result<Response>(std::span<const std::byte> frame, UniqueFd fd);

template <class Each>
Result<Response> decode_response_as(std::span<const std::byte> frame, UniqueFd fd) {
  internal::FrameReader<ResponseFrame> reader(frame);
  Each response;
  lay_out(reader, response);
  if constexpr (requires { response.check(); }) TRY(response.check());
  if constexpr (CarriesDescriptor<Each>) {
    if (!fd) return fail(EPROTO, "decode a response without its file descriptor");
    response.*Each::kDescriptor.member = std::move(fd);
  }
  return response;
}

static_assert(internal::types_differ(std::type_identity<Response>()));

}  // namespace

EncodedResponse encode(const Response& response) {
  return std::visit([](const auto& each) { return internal::encode_as<EncodedResponse>(each); },
                    response);
}

Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd) {
  if (bytes.size() != kResponseSize) {
    return fail(EPROTO, "decode a response of", std::to_string(bytes.size()) + " bytes");
  }
  auto type = load<uint32_t>(bytes, kTypeAt);
  DecodeResponse* decode = nullptr;
  internal::find_type(
      type, std::type_identity<Response>(),
      [&]<class Each>(std::type_identity<Each>) { decode = decode_response_as<Each>; });
  if (!decode) return fail(EPROTO, "decode a response of type", std::to_string(type));
  return decode(bytes, std::move(fd));
}

}  // namespace vm_control
