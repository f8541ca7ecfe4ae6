// SPDX-License-Identifier: BSD-3-Clause
// Responses as the 48 bytes that they are on the wire.
//
// encode() and decode_response() are pure: they make no system call, and allocate only for the text
// of an error.
#pragma once

#include <span>

#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/responses.h"

namespace vm_control {

struct EncodedResponse {
  ResponseFrame bytes{};
  int fd = -1;  // borrowed from the response; -1 if it carries none
};

// The frame of `response`.
EncodedResponse encode(const Response& response);

// The response in a received message. Bits that the response does not use are ignored, because a
// newer server may use them.
//
// bytes   the whole message, whatever its size.
// fd      the descriptor that came with it, if one did. It is closed here if the response takes
//         none.
// Errors  EPROTO  the size is wrong, the type is unknown, the errno is 0 or above INT32_MAX, or the
//                 descriptor that belongs to the response did not come.
Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd);

}  // namespace vm_control
