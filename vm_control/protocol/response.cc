// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/response.h"

#include <utility>

#include "vm_control/protocol/response_codec.h"

namespace vm_control {

EncodedResponse encode(const Response& response) {
  return std::visit([](const auto& alternative) { return internal::encode(alternative); },
                    response);
}

Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd) {
  if (bytes.size() != kResponseSize) {
    return fail(EPROTO, "decode a response of", std::to_string(bytes.size()) + " bytes");
  }
  auto type = static_cast<ResponseType>(load<uint32_t>(bytes, kTypeAt));
  return type < ResponseType::kHello
             ? internal::decode_classic_response(type, bytes, std::move(fd))
             : internal::decode_extended_response(type, bytes, std::move(fd));
}

}  // namespace vm_control
