// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request.h"

#include "vm_control/protocol/request_codec.h"

namespace vm_control {

EncodedRequest encode(const Request& request) {
  return std::visit([](const auto& alternative) { return internal::encode(alternative); }, request);
}

MaybeOwnedFd* carried_fd(Request& request) {
  return std::visit([](auto& alternative) { return internal::carried_fd(alternative); }, request);
}

Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd& fd) {
  if (bytes.size() != kRequestSize) return fail(EMSGSIZE, "decode a request");
  auto type = static_cast<RequestType>(load<uint32_t>(bytes, kTypeAt));
  return type < RequestType::kHello ? internal::decode_classic_request(type, bytes, fd)
                                    : internal::decode_extended_request(type, bytes, fd);
}

}  // namespace vm_control
