// SPDX-License-Identifier: BSD-3-Clause
// Requests as the 32 bytes that they are on the wire, and what else their declarations tell.
//
// encode() and decode_request() are pure: they make no system call and do not allocate.
#pragma once

#include <span>

#include "vm_control/base/maybe_owned_fd.h"
#include "vm_control/base/result.h"
#include "vm_control/base/unique_fd.h"
#include "vm_control/protocol/frame.h"
#include "vm_control/protocol/request_info.h"
#include "vm_control/protocol/requests.h"

namespace vm_control {

struct EncodedRequest {
  RequestFrame bytes{};
  int fd = -1;  // borrowed from the request; -1 if it carries none
};

// The frame of `request`.
EncodedRequest encode(const Request& request);

// The descriptor that `request` carries; null if it is of a type that carries none.
MaybeOwnedFd* carried_fd(Request& request);

// The request in a received message. If several errors apply, it fails with the first of this list.
//
// bytes   the whole message, whatever its size.
// fd      the descriptor that came with it, if one did. A request that needs one takes it; in all
//         other cases, errors included, it stays here.
// Errors  EMSGSIZE    not kRequestSize bytes.
//         EOPNOTSUPP  the type is unknown.
//         EINVAL      of an extended request: a bit that the request does not use is set, a field
//                     that its flags leave unused is not zero, or its check() refuses a value.
//         EBADF       the request needs a descriptor, and none came.
Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd& fd);

}  // namespace vm_control
